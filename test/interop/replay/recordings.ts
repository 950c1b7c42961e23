/** The sessions that are replayed: recorded ones, or generated ones of the same shape where those are absent. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { recordedTable } from '../../../lab/scenes/full-table.ts';
import type { Laboratory } from '../../../lab/support/laboratory.ts';
import { readUpdates, writeMrt } from '../../../lab/support/mrt.ts';
import { writeGeneratedChurn, writeGeneratedTable } from '../../../lab/support/table-generator.ts';

/** AS of the reflector and of the generated sessions; in no recorded path. */
export const AS = 4_200_000_001;

const PREFIXES = 577_703;
const RECORDED_CHURN = fileURLToPath(
  new URL('../../../../shared/data/churn-2016.mrt.gz', import.meta.url),
);

/** A session, as a file made for a lab. */
export interface Recording {
  /** Path of an MRT file. */
  readonly file: string;
  readonly isGenerated: boolean;
}

/** A full Internet table, IPv4. */
export function fullTable(lab: Laboratory): Recording {
  const recorded = recordedTable();
  if (recorded !== undefined) return { file: recorded, isGenerated: false };
  const file = lab.path('generated.mrt.gz');
  writeGeneratedTable(file, { asNumber: AS, prefixes: PREFIXES });
  return { file, isGenerated: true };
}

/** The first `updates` messages of the full table. */
export function beginning(lab: Laboratory, updates: number): Recording {
  const whole = fullTable(lab);
  const file = lab.path('beginning.mrt.gz');
  writeMrt(file, AS, readUpdates(whole.file).slice(0, updates));
  return { ...whole, file };
}

/** Announcements and withdrawals of both families; the last word on a prefix counts, whoever said it. */
export function churn(lab: Laboratory): Recording {
  if (existsSync(RECORDED_CHURN)) return { file: RECORDED_CHURN, isGenerated: false };
  const file = lab.path('generated.mrt.gz');
  writeGeneratedChurn(file, AS);
  return { file, isGenerated: true };
}
