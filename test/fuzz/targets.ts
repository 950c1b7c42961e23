/** Everything that reads octets or text from outside. */
import type { FuzzTarget } from './target.ts';
import { CONFIG, DATASTORE, RENDER } from './targets/documents.ts';
import { FRAMER } from './targets/framer.ts';
import { NETLINK } from './targets/netlink.ts';
import { OPEN } from './targets/open.ts';
import { MRT } from './targets/recordings.ts';
import { RIB } from './targets/rib.ts';
import { SESSION } from './targets/session.ts';
import { NOTIFICATION, ROUTE_REFRESH } from './targets/short-messages.ts';
import { BFD, BIRD_COMMAND } from './targets/side-doors.ts';
import { UPDATE } from './targets/update.ts';
import { SELECTOR, VALUE } from './targets/values.ts';

export const TARGETS: readonly FuzzTarget[] = [
  FRAMER,
  OPEN,
  UPDATE,
  NOTIFICATION,
  ROUTE_REFRESH,
  SESSION,
  RIB,
  VALUE,
  SELECTOR,
  DATASTORE,
  RENDER,
  CONFIG,
  NETLINK,
  BFD,
  BIRD_COMMAND,
  MRT,
];
