/** Randomness as a port, for jitter only. */
export interface Random {
  /** Uniform in [0, 1). */
  uniform(): number;
}
