"""What a release takes over from the one before: the relations of held nodes, and what is known of them."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, replace

from dataops.errors import StateError
from dataops.project import baseline, compiled, fingerprint
from dataops.project.fingerprint import Fingerprints
from dataops.project.invocation import Parsed
from dataops.project.slices import Place, places
from dataops.store.state import Bundle, State

RECORD = "held.json"
"""The bundle's file that names the nodes which a release took over."""


@dataclass(frozen=True)
class Held:
    """Held nodes. `live`: the release that they are taken from; `relations`: what production has of them."""

    nodes: frozenset[str]
    live: Bundle | None
    relations: Mapping[str, Place]

    @classmethod
    def of(cls, nodes: frozenset[str], state: State, head: Parsed) -> Held:
        """What is known of nodes that are held in the next release."""
        try:
            live = state.bundle()
        except StateError:
            live = None
        known = baseline.read_places(live) if live is not None else places(head.manifest)
        return cls(nodes, live, {uid: each for uid, each in known.items() if uid in nodes and each.kind != "source"})

    def key(self, target: str) -> str | None:
        """The key of the earlier release's digests: with the same one, what it knows can be taken over."""
        stored = self.live.read(baseline.fingerprints_name(target)) if self.live else None
        return fingerprint.unpack(stored, self.live.source).surroundings.key if stored and self.live else None

    def carry(self, files: dict[str, bytes]) -> None:
        """Let a release's files say of held nodes what the earlier one said: plans compare with what is there."""
        live, held = self.live, self.nodes
        for name in [name for name in files if name.startswith("fingerprints/")]:
            stored = live.read(name) if live else None
            before = fingerprint.unpack(stored, live.source) if stored and live else None
            files[name] = fingerprint.pack(_merged(fingerprint.unpack(files[name], name), before, held))
        now = compiled.unpack(files.get(compiled.FILE))
        then = compiled.unpack(live.read(compiled.FILE) if live else None)
        kept = {uid: sql for uid, sql in now.sql.items() if uid not in held}
        kept |= {uid: sql for uid, sql in then.sql.items() if uid in held}
        files[compiled.FILE] = compiled.pack(replace(now, sql=kept))
        known = {uid: place for uid, place in json.loads(files[baseline.PLACES]).items() if uid not in held}
        known |= {uid: asdict(place) for uid, place in self.relations.items()}
        files[baseline.PLACES] = json.dumps(known).encode()
        files[RECORD] = json.dumps({"format": 1, "held": sorted(held)}).encode()


def _merged(now: Fingerprints, before: Fingerprints | None, held: Collection[str]) -> Fingerprints:
    """Fingerprints with the earlier inputs of held nodes; without any, so that they count as new, if macros differ."""
    nodes = {uid: inputs for uid, inputs in now.nodes.items() if uid not in held}
    configs = list(now.configs)
    if (
        before is not None
        and not before.unrecorded
        and before.macros == now.macros
        and before.surroundings == now.surroundings
    ):
        for uid in held:
            if uid in before.nodes:
                configs.append(before.config(uid))
                nodes[uid] = before.nodes[uid]._replace(config=len(configs) - 1)
    return replace(now, nodes=nodes, configs=configs)
