/** The switches of the decision process, as operators of other routers know them. */

export interface DecisionOptions {
  /** MED counts between paths of different neighbouring ASes too. */
  readonly alwaysCompareMed: boolean;
  /** False: paths are compared two by two, the newest first, so that MED depends on who came when. */
  readonly deterministicMed: boolean;
  /** A path without MED has the highest one instead of 0. */
  readonly missingMedAsWorst: boolean;
  /** False: of external paths the oldest is kept before router ids are looked at. */
  readonly compareRouterId: boolean;
  readonly ignoreAsPath: boolean;
  readonly ignoreIgpMetric: boolean;
  readonly multipath: MultipathOptions;
}

/** Which paths may share the traffic of a prefix. */
export interface MultipathOptions {
  /** At most so many where the best path is internal; 1 is no sharing. */
  readonly internal: number;
  /** The same where it is external. */
  readonly external: number;
  /** False: only paths whose AS_PATH equals that of the best one. */
  readonly relaxAsPath: boolean;
}

/** RIB-2 and FIB-10 as they stand. */
export const DEFAULT_DECISION: DecisionOptions = {
  alwaysCompareMed: false,
  deterministicMed: true,
  missingMedAsWorst: false,
  compareRouterId: true,
  ignoreAsPath: false,
  ignoreIgpMetric: false,
  multipath: { internal: 256, external: 256, relaxAsPath: true },
};
