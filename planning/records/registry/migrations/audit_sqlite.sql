CREATE TRIGGER audit_entries_stay BEFORE UPDATE ON audit_entries
BEGIN SELECT RAISE(ABORT, 'the audit trail is only ever added to'); END;

CREATE TRIGGER audit_entries_last BEFORE DELETE ON audit_entries
BEGIN SELECT RAISE(ABORT, 'the audit trail is only ever added to'); END;

CREATE TRIGGER audit_entries_follow BEFORE INSERT ON audit_entries
WHEN NEW.number IS NOT (SELECT COALESCE(MAX(number), 0) + 1 FROM audit_entries)
BEGIN SELECT RAISE(ABORT, 'the audit trail is only ever added to'); END;
