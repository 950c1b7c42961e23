/**
 * One neighbour: joins its BGP session to its place in the RIB.
 *
 * The session tells what happens on the wire, the RIB decides what it means; nothing here looks at a
 * route.
 */
import type { NegotiatedSession } from '../bgp/session/negotiate.ts';
import {
  Session,
  type SessionDown,
  type SessionLink,
  type SessionPorts,
} from '../bgp/session/session.ts';
import type { UpdateFault } from '../bgp/wire/update-fault.ts';
import type { Config, NeighborConfig } from '../config/model.ts';
import type { Family } from '../net/family.ts';
import type { PolicyRule } from '../policy/model.ts';
import type { PeerId } from '../rib/ids.ts';
import type { RibPeer } from '../rib/ports.ts';
import type { Rib } from '../rib/rib.ts';
import type { Log } from '../telemetry/log.ts';
