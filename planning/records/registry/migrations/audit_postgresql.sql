CREATE FUNCTION audit_refuses() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit trail is only ever added to';
END $$;

CREATE FUNCTION audit_follows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.number IS DISTINCT FROM
        (SELECT COALESCE(MAX(number), 0) + 1 FROM audit_entries)
    THEN
        RAISE EXCEPTION 'the audit trail is only ever added to';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER audit_entries_stay BEFORE UPDATE OR DELETE ON audit_entries
FOR EACH ROW EXECUTE FUNCTION audit_refuses();

CREATE TRIGGER audit_entries_last BEFORE TRUNCATE ON audit_entries
FOR EACH STATEMENT EXECUTE FUNCTION audit_refuses();

CREATE TRIGGER audit_entries_follow BEFORE INSERT ON audit_entries
FOR EACH ROW EXECUTE FUNCTION audit_follows();
