/** A source of numbers that is set anew for each index, so that any event can be made without those before it. */
export interface Random {
  /** Begins the sequence that belongs to these numbers. */
  reset(...numbers: number[]): void;
  /** 0 ≤ n < 2^32. */
  uint32(): number;
  /** 0 ≤ x < 1. */
  unit(): number;
  /** A whole number, 0 ≤ n < bound. */
  below(bound: number): number;
}

const golden = 0x9e3779b9;

export function createRandom(): Random {
  let state = 0;
  const uint32 = () => {
    state = (state + golden) | 0;
    return mix(state);
  };
  return {
    reset(...numbers) {
      state = 0;
      for (const number of numbers) {
        // Both halves: an index may exceed 32 bits.
        state = mix(state ^ (number | 0)) + golden;
        state = mix(state ^ Math.floor(number / 0x1_0000_0000));
      }
    },
    uint32,
    unit: () => uint32() / 0x1_0000_0000,
    below: (bound) => Math.floor((uint32() / 0x1_0000_0000) * bound),
  };
}

/** Spreads every input bit over all output bits (the finaliser of splitmix32). */
function mix(value: number): number {
  let z = value | 0;
  z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
  z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
  return (z ^ (z >>> 15)) >>> 0;
}
