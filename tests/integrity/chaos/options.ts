/** A whole number from the environment. @throws Error that names the variable, for anything else. */
export function number(name: string, fallback: number): number {
  const value = Number(process.env[name] || fallback);
  if (!Number.isSafeInteger(value) || value < 0) throw new Error(`${name} must be a whole number`);
  return value;
}

/** A comma list from the environment, undefined when it is not set. @throws Error for a word that is not known. */
export function list<T extends string>(name: string, known: readonly T[]): T[] | undefined {
  return process.env[name] === undefined || process.env[name] === ''
    ? undefined
    : process.env[name].split(',').map((each) => {
        const found = known.find((one) => one === each.trim());
        if (found === undefined) throw new Error(`${name}: ${each} is none of ${known.join(', ')}`);
        return found;
      });
}
