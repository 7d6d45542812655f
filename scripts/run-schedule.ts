import { PubSub } from '@google-cloud/pubsub'
import { readCommandLine } from './command-line.ts'
import { readEndpoints } from './local/endpoints.ts'
import { loadPipeline } from './pipeline.ts'

const { schedules } = loadPipeline()

const usage = `npm run run-schedule -- STEP [--data DIR]      starts one run of a scheduled step now
  STEP   ${[...new Set(schedules.map(each => each.step))].join(', ')}`

try {
  const { values, positionals } = readCommandLine(usage, {
    options: { data: { type: 'string', default: '.local' } },
    allowPositionals: true,
  })
  const [step] = positionals
  const schedule = schedules.find(each => each.step === step)
  if (!schedule) throw new Error(usage)
  const { project_id, pubsub_emulator_host } = readEndpoints(values.data)
  if (pubsub_emulator_host === null) throw new Error('Pub/Sub is not running there.')
  process.env.METADATA_SERVER_DETECTION = 'none'
  process.env.PUBSUB_EMULATOR_HOST = pubsub_emulator_host
  const pubsub = new PubSub({ projectId: project_id })
  const scheduled_at = new Date().toISOString()
  const id = await pubsub.topic(schedule.topic).publishMessage({ json: { scheduled_at } })
  await pubsub.close()
  console.log(`${schedule.step} was started (message ${id} on ${schedule.topic}).`)
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 1
}
