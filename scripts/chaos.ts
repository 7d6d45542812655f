import { type ChaosReport, runChaos } from './chaos/run.ts'
import { readCommandLine } from './command-line.ts'

const usage = `npm run chaos -- [options]      the whole system with everything going wrong; exit 1 where anything that must hold does not
  --seed N         the same seed repeats the same plan of faults (another each time)
  --minutes M      how long faults are made (3)
  --signals N      how many signals are sent meanwhile (2000)
  --runs N         so many runs, of this seed and those after it (1)
  --rest SECONDS   how long the system may take to come to rest after the last fault (180)
  --port N         first port (28000)`

const { values } = readCommandLine(usage, {
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
