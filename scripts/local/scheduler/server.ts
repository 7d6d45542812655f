import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { google } from '@google-cloud/scheduler/build/protos/protos.js'
import { Server, ServerCredentials, type ServiceDefinition, status } from '@grpc/grpc-js'
import { fromJSON } from '@grpc/proto-loader'
import { type Handlers, implementation, Refusal } from '../grpc-service.ts'
import type { Job } from './job-book.ts'
import type { Scheduler } from './scheduler.ts'

type Wire = google.cloud.scheduler.v1.IJob
type Named = google.cloud.scheduler.v1.IGetJobRequest

/** From the description that the official client ships. */
function loadService(): ServiceDefinition {
  const file = createRequire(import.meta.url).resolve('@google-cloud/scheduler/build/protos/protos.json')
  const definitions = fromJSON(JSON.parse(readFileSync(file, 'utf8')), { longs: String, enums: String, defaults: false, oneofs: true })
  return definitions['google.cloud.scheduler.v1.CloudScheduler'] as ServiceDefinition
}

const timestamp = (at: Date | null) =>
  at === null ? null : { seconds: String(Math.floor(at.getTime() / 1000)), nanos: (at.getTime() % 1000) * 1e6 }

/** `projects/P/locations/L` and `…/jobs/STEP`. */
const parentOf = (name: string | null | undefined): string => {
  const parent = /^projects\/[^/]+\/locations\/[^/]+/.exec(name ?? '')?.[0]
  if (!parent) throw new Refusal(status.INVALID_ARGUMENT, `“${name ?? ''}” names no project and location.`)
  return parent
}

/** The gRPC server of google.cloud.scheduler.v1 over the local scheduler, on a loopback port (0 = any). */
export async function serveScheduler(scheduler: Scheduler, port: number): Promise<{ port: number; close(): void }> {
  const service = loadService()
  const server = new Server()
  server.addService(service, implementation(service, handlers(scheduler), 'local scheduler'))
  const bound = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error, actual) => (error ? reject(error) : resolve(actual)))
  })
  return { port: bound, close: () => server.forceShutdown() }
}

const handlers = (scheduler: Scheduler) =>
  ({
    ListJobs: ({ parent }: google.cloud.scheduler.v1.IListJobsRequest) => {
      const all = scheduler.nextRuns().map(({ step }) => `${parentOf(parent)}/jobs/${step}`)
      return { jobs: all.map(name => wire(scheduler, name)) }
    },
    GetJob: ({ name }: Named) => wire(scheduler, name),
    PauseJob: ({ name }: Named) => after(scheduler, name, scheduler.pause),
    ResumeJob: ({ name }: Named) => after(scheduler, name, scheduler.resume),
    RunJob: ({ name }: Named) => after(scheduler, name, scheduler.start),
    UpdateJob: ({ job, updateMask }: google.cloud.scheduler.v1.IUpdateJobRequest) => {
      const { cron, time_zone } = known(scheduler, job?.name)
      const wanted = { cron: job?.schedule, time_zone: job?.timeZone }
      const fields = { schedule: 'cron', time_zone: 'time_zone' } as const
      const paths = updateMask?.paths ?? []
      const changed = paths.map(path => {
        if (!Object.hasOwn(fields, path)) throw new Refusal(status.UNIMPLEMENTED, `The local scheduler does not change ${path}.`)
        const field = fields[path as keyof typeof fields]
        return [field, wanted[field] ?? '']
      })
      return after(scheduler, job?.name, step => scheduler.change(step, { cron, time_zone, ...Object.fromEntries(changed) }))
    },
  }) satisfies Handlers

function known(scheduler: Scheduler, name: string | null | undefined): Job {
  const job = scheduler.job(name?.split('/jobs/')[1] ?? '')
  if (!job) throw new Refusal(status.NOT_FOUND, `Job not found: ${name ?? ''}.`)
  return job
}

function after(scheduler: Scheduler, name: string | null | undefined, act: (step: string) => void): Wire {
  const { step } = known(scheduler, name)
  try {
    act(step)
  } catch (error) {
    throw error instanceof RangeError ? new Refusal(status.INVALID_ARGUMENT, error.message) : error
  }
  return wire(scheduler, name)
}

function wire(scheduler: Scheduler, name: string | null | undefined): Wire {
  const { step, topic, cron, time_zone, paused, last_run, changed_at } = known(scheduler, name)
  const project = parentOf(name).split('/').slice(0, 2).join('/')
  return {
    name: `${parentOf(name)}/jobs/${step}`,
    pubsubTarget: { topicName: `${project}/topics/${topic}` },
    schedule: cron,
    timeZone: time_zone,
    state: paused ? 'PAUSED' : 'ENABLED',
    scheduleTime: timestamp(scheduler.nextRuns().find(next => next.step === step)?.at ?? null),
    lastAttemptTime: timestamp(last_run),
    userUpdateTime: timestamp(changed_at),
  }
}
