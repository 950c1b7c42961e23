/** `show status` (OBS-1). */
import type { BirdHost } from './host.ts';
import { type Answer, RECOVERING, STATUS, STATUS_END, VERSION } from './reply.ts';
import { longTime } from './times.ts';

export function* showStatus({ views, status, wallTime }: BirdHost): Answer {
  const { version, routerId } = views.version();
  const { startedAt, configuredAt, isRecovering } = status();
  yield [VERSION, `BIRD Catbird-${version}`];
  yield [STATUS, `Router ID is ${routerId}`];
  yield [STATUS, `Current server time is ${longTime(wallTime())}`];
  yield [STATUS, `Last reboot on ${longTime(startedAt)}`];
  yield [STATUS, `Last reconfiguration on ${longTime(configuredAt)}`];
  if (isRecovering) yield [RECOVERING, 'Graceful restart recovery in progress'];
  return [STATUS_END, 'Daemon is up and running'];
}
