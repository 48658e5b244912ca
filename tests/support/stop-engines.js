// Jest would compile a .ts file named here to CommonJS; this one lets Node load it as it is.
export default async () => (await import('./stop-engines.ts')).default();
