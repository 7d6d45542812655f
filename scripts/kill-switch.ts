import { userInfo } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import { openPublisher } from '../shared/cloud/publisher.ts'
import { outboxFlusher } from '../shared/runtime/outbox.ts'
import { appendAudit } from '../shared/store/audit-log.ts'
import { closeStores } from '../shared/store/open.ts'
import { waitingMessages } from '../shared/store/outbox.ts'
import { type SwitchPosition, type SwitchScope, setKillSwitch, settings } from '../shared/store/settings.ts'
import { readCommandLine } from './command-line.ts'
import { openDeployment } from './deployment.ts'

const usage = `npm run kill-switch -- fund POSITION [--reason TEXT]
npm run kill-switch -- account|strategy ID POSITION [--reason TEXT]
  POSITION   ACTIVE, REDUCING (exits only) or HALTED (nothing; exits are held until the halt ends)
  --data DIR where npm start keeps its data (.local); with MONGODB_URI set, that database`

const positions: readonly string[] = ['ACTIVE', 'REDUCING', 'HALTED'] satisfies SwitchPosition[]

const CLEARED_WITHIN_MS = 2_000
const LOOK_EVERY_MS = 50

function wishOf(words: string[]): { scope: SwitchScope; position: SwitchPosition } {
  const position = words.at(-1)?.toUpperCase() as SwitchPosition
  const [kind, id] = words
  if (!positions.includes(position)) throw new Error(usage)
  if (kind === 'fund' && words.length === 2) return { scope: { kind }, position }
  const named = (kind === 'account' || kind === 'strategy') && words.length === 3 && /^[A-Za-z0-9_-]+$/.test(id ?? '')
  if (!named) throw new Error(usage)
  return { scope: { kind, id: id ?? '' }, position }
}

try {
  const { values, positionals } = readCommandLine(usage, {
    options: { data: { type: 'string', default: '.local' }, reason: { type: 'string', default: '' } },
    allowPositionals: true,
  })
  const { scope, position } = wishOf(positionals)
  const { store, project_id } = openDeployment(values.data, process.env)
  const at = new Date()
  const before = await setKillSwitch(store, { scope, position, at })
  const what = `kill switch of ${scope.kind === 'fund' ? 'the fund' : `${scope.kind} ${scope.id}`}`
  const line = { writer: 'kill-switch', at, who: userInfo().username, from: null, what, before, after: position, reason: values.reason }
  await appendAudit(store, line)
  const publisher = openPublisher(project_id)
  // What cannot be sent now, the minute's sweep does.
  await outboxFlusher(store, publisher)({ holder: settings, ordering_key: '' }).catch(error => console.error(`not announced: ${error}`))
  console.log(`${what}: ${before} → ${position}`)
  // The outbox is cleared a moment after it was sent.
  const until = Date.now() + CLEARED_WITHIN_MS
  while ((await waitingMessages(store, settings, '')).length > 0 && Date.now() < until) await delay(LOOK_EVERY_MS)
  await closeStores()
  process.exit()
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 1
}
