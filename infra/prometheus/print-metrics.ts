import { metricSections } from './metrics-of-code.ts';

/** Every metric of the code as JSON: `node infra/prometheus/print-metrics.ts`. */
process.stdout.write(`${JSON.stringify(await metricSections())}\n`);
process.exit(0);
