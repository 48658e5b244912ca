/**
 * Runs work on one of several twins: first on the one that answered last, then on the others in turn.
 * What was done on one that failed may have taken effect; the work must be safe to repeat on a twin.
 *
 * @returns a function that throws the error of the last twin tried when all have failed.
 */
export function failOver<C>(twins: readonly C[]): <T>(work: (twin: C) => Promise<T>) => Promise<T> {
  let preferred = 0;
  return async (work) => {
    let failure: unknown;
    for (let i = 0; i < twins.length; i++) {
      const index = (preferred + i) % twins.length;
      try {
        const result = await work(twins[index] as C);
        preferred = index;
        return result;
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  };
}
