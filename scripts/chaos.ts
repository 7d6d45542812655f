import { parseArgs } from 'node:util'
import { type ChaosReport, runChaos } from './chaos/run.ts'

// The whole system with everything going wrong: npm run chaos -- --seed N --minutes M [--signals N] [--runs N] [--rest SECONDS] [--port N]
// The same seed repeats the same plan of faults. Exit code 1 where anything that must hold does not.

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    minutes: { type: 'string', default: '3' },
    signals: { type: 'string', default: '2000' },
    runs: { type: 'string', default: '1' },
    rest: { type: 'string', default: '180' },
    port: { type: 'string', default: '28000' },
  },
})
const first = values.seed === undefined ? Date.now() % 1_000_000 : Number(values.seed)

/** Many are usually one matter. */
const SHOWN = 60

const print = ({ seed, accepted, outcomes, faults, rested_after_ms, violations }: ChaosReport) => {
  console.log(`seed ${seed}: ${accepted} signals, at rest ${Math.round(rested_after_ms / 1000)} s after the last fault`)
  for (const [kind, times] of [...Object.entries(outcomes).sort(), ...Object.entries(faults).sort()])
    console.log(`  ${String(times).padStart(5)}  ${kind}`)
  console.log(violations.length === 0 ? '  no violation' : `  ${violations.length} violations:`)
  for (const each of violations.slice(0, SHOWN)) console.log(`    ${each}`)
}

for (let run = 0; run < Number(values.runs); run += 1) {
  const report = await runChaos({
    seed: first + run,
    duration_ms: Number(values.minutes) * 60_000,
    signals: Number(values.signals),
    port: Number(values.port),
    rest_ms: Number(values.rest) * 1000,
    say: line => console.log(line),
  })
  print(report)
  if (report.violations.length > 0) process.exitCode = 1
}
