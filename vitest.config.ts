import { defineConfig } from 'vitest/config'
import { TestReport } from './scripts/test-report.ts'

/** Runs after the group before it has ended, so that timings are not those of two cores shared by everything. */
const group = (name: string, groupOrder: number, files: { include: string[]; exclude?: string[]; maxWorkers: number }) => ({
  extends: true as const,
  test: { name, sequence: { groupOrder }, ...files },
})

export default defineConfig({
  test: {
    pool: 'forks',
    testTimeout: 20_000,
    hookTimeout: 30_000,
    // Of tests of one file that start a system each: as many as there are cores in a small machine.
    maxConcurrency: 2,
    retry: 0,
    allowOnly: false,
    // Google's client otherwise asks the network whether it runs in the cloud.
    env: { METADATA_SERVER_DETECTION: 'none' },
    reporters: ['default', new TestReport('reports/tests.html')],
    projects: [
      group('unit', 0, { include: ['tests/unit/**/*.test.ts'], maxWorkers: 2 }),
      group('contract', 1, { include: ['tests/contract/**/*.test.ts'], maxWorkers: 2 }),
      // Everything else starts processes of its own: one file at a time.
      group('integration', 2, { include: ['tests/**/*.test.ts'], exclude: ['tests/{unit,contract}/**'], maxWorkers: 1 }),
    ],
  },
})
