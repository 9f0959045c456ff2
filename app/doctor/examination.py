"""Every check in the order of the report, over facts that were gathered elsewhere."""

from __future__ import annotations

from app.doctor import drawing_checks, keeping_checks, machine_checks, network_checks
from app.doctor.facts import Facts
from app.doctor.findings import Finding


def examine(facts: Facts) -> tuple[Finding, ...]:
    """Return what all checks say of a computer."""
    machine, drawing = facts.machine, facts.drawing
    servers = network_checks.check_servers_file(facts.servers_problem, len(facts.servers))
    return (
        machine_checks.check_versions(machine),
        machine_checks.check_program(facts.damaged),
        drawing_checks.check_screen(drawing),
        drawing_checks.check_opengl(drawing),
        drawing_checks.check_fonts(drawing),
        machine_checks.check_memory(machine),
        machine_checks.check_clock(machine),
        *(keeping_checks.check_folder(folder) for folder in facts.folders),
        keeping_checks.check_kernels(facts.kernels),
        keeping_checks.check_settings(facts.settings),
        keeping_checks.check_registry(facts.registry),
        *(() if servers is None else (servers,)),
        *(network_checks.check_server(server, machine.now) for server in facts.servers),
        *(network_checks.check_port(port) for port in facts.ports),
        machine_checks.check_ends(facts.crashes),
    )
