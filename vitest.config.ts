import { defineConfig } from 'vitest/config'
import { TestReport } from './scripts/test-report.ts'

/** Runs after the group before it has ended, so that timings are not those of two cores shared by everything. */
const group = (name: string, groupOrder: number, files: Files) => ({
  extends: true as const,
  test: { name, sequence: { groupOrder }, ...files },
})

interface Files {
  include: string[]
  exclude?: string[]
  maxWorkers: number
  isolate?: boolean
}

/** Loads every function as its process does, which changes the process. */
const wiring = 'tests/unit/scripts/check-pipeline.test.ts'

export default defineConfig({
  test: {
    pool: 'forks',
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Of tests of one file that start a system each: as many as there are cores in a small machine.
    maxConcurrency: 2,
    // Long enough for the slowest machine, and no test's own length.
    expect: { poll: { timeout: 30_000 } },
    retry: 0,
    allowOnly: false,
    // Google's client otherwise asks the network whether it runs in the cloud.
    env: { METADATA_SERVER_DETECTION: 'none' },
    reporters: ['default', new TestReport('reports/tests.html')],
    projects: [
      // Files share a process, which halves their time: what they import is loaded once.
      group('unit', 0, { include: ['tests/unit/**/*.test.ts'], exclude: [wiring], maxWorkers: 2, isolate: false }),
      group('wiring', 0, { include: [wiring], maxWorkers: 2 }),
      // Most of these wait for time to pass: four at once keep two cores busy.
      group('contract', 1, { include: ['tests/contract/**/*.test.ts'], maxWorkers: 4, isolate: false }),
      // Everything else starts processes of its own, most of which wait for something most of the time.
      group('integration', 2, { include: ['tests/**/*.test.ts'], exclude: ['tests/{unit,contract}/**'], maxWorkers: 2 }),
    ],
  },
})
