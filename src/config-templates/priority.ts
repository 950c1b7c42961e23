/** Calico's arithmetic of priorities: LOCAL_PREF = K − metric (PRIO). */

/** K: LOCAL_PREF of a route with metric 0. */
export const MAX_PRIORITY = 2_147_483_647;
