import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { z } from 'zod'

const name = z.string().regex(/^[a-z][a-z0-9-]*$/, 'lower-case words joined by hyphens')
const path = z.string().regex(/^(GET|POST|PUT|DELETE) \/\S*$/, 'METHOD /path, where * stands for the rest')

const retry = z.strictObject({ min_backoff_s: z.number().positive(), max_backoff_s: z.number().positive() })

const topicTrigger = z.strictObject({
  topic: name,
  filter: z.string().optional(),
  ordered: z.boolean().default(false),
  ack_deadline_s: z.number().int().min(10).max(600),
  retry: retry.default({ min_backoff_s: 1, max_backoff_s: 60 }),
  /** Deliveries after which Pub/Sub itself forwards a message to `dead-letters`; null where that would be a circle. */
  dead_letter_after: z.number().int().min(5).max(100).nullable().default(30),
})

const scheduleTrigger = z.strictObject({ schedule: z.string(), time_zone: z.string() })

const step = z
  .strictObject({
    kind: z.enum(['http', 'pubsub', 'schedule', 'container']),
    /** The system of the overview that the step belongs to; on one machine, steps of a system share a process. */
    system: name,
    public: z.boolean(),
    /** The environment variable that names a second version to deploy beside this one. */
    shadow: z.string().optional(),
    /** The environment variable without which the step has nothing to do: no messages are brought to it. */
    needs: z.string().optional(),
    paths: z.array(path).default([]),
    triggers: z.array(z.union([topicTrigger, scheduleTrigger])).default([]),
    publishes: z.array(name),
    memory_mb: z.number().int().min(128),
    concurrency: z.number().int().min(1).max(1000),
    timeout_s: z.number().int().min(1).max(3600),
    instances: z.strictObject({ min: z.number().int().min(0), max: z.number().int().min(1) }),
    secrets: z.array(name),
    roles: z.array(z.string()),
  })
  .refine(
    ({ kind, paths }) => (kind === 'http' || kind === 'container') === paths.length > 0,
    'http steps and containers, and only they, list paths',
  )
  .refine(({ paths, triggers }) => paths.length > 0 || triggers.length > 0, 'a step needs a path or a trigger')

const pipelineFile = z.strictObject({
  fund_time_zone: z.string(),
  topics: z.record(name, z.strictObject({ ordering: z.string().optional() })),
  steps: z.record(name, step),
})

export type TopicTrigger = z.output<typeof topicTrigger>
/** A step to deploy. */
export interface Step extends z.output<typeof step> {
  /** The folder under `functions/` that holds its code. */
  source: string
  /** Of its own, besides what all steps see. */
  environment: Record<string, string>
}
export interface Schedule {
  step: string
  topic: string
  cron: string
  time_zone: string
}
export interface Subscription extends TopicTrigger {
  name: string
  step: string
  /** Whether its step has nothing to do where it is deployed, so that it may be left out with all that waits in it. */
  idle: boolean
}
export interface Pipeline {
  steps: Record<string, Step>
  /** Every topic, those of schedules included. */
  topics: string[]
  subscriptions: Subscription[]
  schedules: Schedule[]
  /** What does not fit together, one sentence each; empty in a sound plan. */
  faults: string[]
}

const runTopic = (stepName: string) => `run-${stepName}`

const pipelineYaml = new URL('../functions/pipeline.yaml', import.meta.url)

/** What has no step at work for now, and may be dropped with all that waits in it. */
export const mayGo = ({ steps, subscriptions }: Pipeline, subscription: string): boolean =>
  subscriptions.some(({ name, idle }) => idle && name === subscription) ||
  Object.entries(steps).some(([name, { shadow }]) => shadow !== undefined && subscription.startsWith(`${name}-`))

/** A step, and the second version of it that the environment asks for. */
function versionsOf([name, plan]: [string, z.output<typeof step>], environment: NodeJS.ProcessEnv): [string, Step][] {
  const own: [string, Step] = [name, { ...plan, source: name, environment: {} }]
  const version = plan.shadow === undefined ? undefined : environment[plan.shadow]
  if (!plan.shadow || !version) return [own]
  const system = `${plan.system}-${version}`
  return [own, [`${name}-${version}`, { ...plan, system, paths: [], source: name, environment: { CEREBRO_VERSION: version } }]]
}

/**
 * Reads the plan, with the second versions that the environment asks for; throws with the path of what is wrong when the file does not have
 * its shape.
 */
export function loadPipeline(file = pipelineYaml, environment: NodeJS.ProcessEnv = {}): Pipeline {
  const written = pipelineFile.parse(parse(readFileSync(file, 'utf8')))
  const plan = { ...written, steps: Object.fromEntries(Object.entries(written.steps).flatMap(entry => versionsOf(entry, environment))) }
  const subscriptions: Subscription[] = []
  const schedules: Schedule[] = []
  for (const [stepName, { triggers, source, needs }] of Object.entries(plan.steps)) {
    const owner = { step: stepName, idle: needs !== undefined && !environment[needs] }
    for (const trigger of triggers) {
      if ('topic' in trigger) {
        subscriptions.push({ ...trigger, name: `${stepName}.${trigger.topic}`, ...owner })
        continue
      }
      const topic = runTopic(source)
      const time_zone = trigger.time_zone === 'fund' ? plan.fund_time_zone : trigger.time_zone
      if (stepName === source) schedules.push({ step: stepName, topic, cron: trigger.schedule, time_zone })
      subscriptions.push({ ...topicTrigger.parse({ topic, ack_deadline_s: 600 }), name: `${stepName}.${topic}`, ...owner })
    }
  }
  const topics = [...Object.keys(plan.topics), ...schedules.map(({ topic }) => topic)]
  return { steps: plan.steps, topics, subscriptions, schedules, faults: faultsOf({ steps: plan.steps, topics, subscriptions }) }
}

function faultsOf({ steps, topics, subscriptions }: Pick<Pipeline, 'steps' | 'topics' | 'subscriptions'>): string[] {
  const known = new Set(topics)
  const published = new Set(Object.values(steps).flatMap(({ publishes }) => publishes))
  const faults = subscriptions
    .filter(({ topic }) => !known.has(topic))
    .map(({ step: reader, topic }) => `${reader} reads ${topic}, which is not a topic`)
  for (const [stepName, { publishes }] of Object.entries(steps)) {
    for (const topic of publishes) if (!known.has(topic)) faults.push(`${stepName} publishes ${topic}, which is not a topic`)
  }
  for (const topic of topics) {
    if (!published.has(topic) && !subscriptions.some(read => read.topic === topic)) faults.push(`nobody reads or publishes ${topic}`)
  }
  return faults
}
