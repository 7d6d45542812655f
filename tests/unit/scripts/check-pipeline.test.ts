import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { codeRoutes, pipelineFaults, roleFaults, routeFaults } from '../../../scripts/check-pipeline.ts'
import { loadPipeline } from '../../../scripts/pipeline.ts'
import { rolesTable } from '../../../shared/runtime/roles-table.ts'

const house = fileURLToPath(new URL('../../..', import.meta.url))

let root = ''
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'pipeline-'))
  write('functions/pipeline.yaml', plan)
  write('functions/weigh/index.ts', "import './alarms'\nexport const topic = 'orders'\n")
  write('functions/ship/index.ts', "// 'returns' stands only in a comment\nexport const triggers = { orders: 1 }\n")
})
afterEach(() => rmSync(root, { recursive: true }))

function write(file: string, text: string) {
  mkdirSync(dirname(join(root, file)), { recursive: true })
  writeFileSync(join(root, file), text)
}

const size = 'memory_mb: 256, concurrency: 1, timeout_s: 60, instances: { min: 0, max: 1 }, secrets: [], roles: []'
const plan = `
fund_time_zone: America/New_York
topics: { orders: {}, alarms: {}, returns: {} }
steps:
  weigh: { kind: http, system: store, public: true, paths: [POST /weigh], publishes: [orders, returns], ${size} }
  ship: { kind: pubsub, system: store, public: false, triggers: [{ topic: orders, ack_deadline_s: 60 }], publishes: [alarms], ${size} }
`

describe('pipeline check', () => {
  it('finds no fault in this house', async () => {
    expect(pipelineFaults(house)).toEqual([])
    const pipeline = loadPipeline()
    const routes = await codeRoutes(house, pipeline)
    expect(routeFaults(pipeline.steps, routes)).toEqual([])
    expect(roleFaults(rolesTable, routes)).toEqual([])
  })

  it('refuses a route that the roles table lacks or tells otherwise of, and an entry without a route', () => {
    const routes = [
      { step: 'ship', method: 'GET', path: '/a', access: ['admin'] },
      { step: 'ship', method: 'GET', path: '/b', access: 'public' },
    ]
    expect(roleFaults({ 'GET /b': ['admin'], 'GET /c': 'public' }, routes)).toEqual([
      'GET /a has no entry in shared/runtime/roles-table.ts: add it with access ["admin"]',
      'GET /b declares access "public"; shared/runtime/roles-table.ts says ["admin"]',
      'shared/runtime/roles-table.ts lists GET /c, which no step answers',
    ])
  })

  it('accepts steps that name only what they publish or read', () => {
    expect(pipelineFaults(root)).toEqual([])
  })

  it('refuses a step without a folder', () => {
    rmSync(join(root, 'functions/ship'), { recursive: true })
    expect(pipelineFaults(root)).toEqual(['ship is a step, but there is no functions/ship/index.ts'])
  })

  it('refuses a folder that is no step', () => {
    write('functions/wrap/index.ts', '')
    expect(pipelineFaults(root)).toEqual(['functions/wrap is no step of pipeline.yaml'])
  })

  it('refuses a topic that the step neither publishes nor reads', () => {
    write('functions/weigh/parts/send.ts', 'export const message = { topic: `alarms` }\n')
    expect(pipelineFaults(root)).toEqual(['functions/weigh/parts/send.ts names alarms, which weigh neither publishes nor reads'])
  })

  it('refuses a step whose code does not name a topic that it reads', () => {
    write('functions/ship/index.ts', "// 'orders'\nexport {}\n")
    expect(pipelineFaults(root)).toEqual(['ship reads orders, which its code does not name'])
  })

  it('refuses a plan that is at odds with itself', () => {
    write('functions/pipeline.yaml', plan.replace('publishes: [alarms]', 'publishes: []'))
    expect(pipelineFaults(root)).toEqual(['nobody reads or publishes alarms'])
  })
})

describe('route check', () => {
  const steps = { weigh: { paths: ['POST /weigh', 'GET /scales/*'] } }
  const post = { step: 'weigh', method: 'POST', path: '/weigh' }
  const get = { step: 'weigh', method: 'GET', path: '/scales/:scale/reading' }

  it('accepts routes that are listed, one by one or by a star', () => {
    expect(routeFaults(steps, [post, get])).toEqual([])
  })

  it('refuses a route that the plan does not list', () => {
    expect(routeFaults(steps, [post, get, { ...post, method: 'PUT' }])).toEqual([
      'weigh answers PUT /weigh, which pipeline.yaml does not list',
    ])
  })

  it('refuses a path that no route answers', () => {
    expect(routeFaults(steps, [get])).toEqual(['weigh lists POST /weigh, which its code does not answer'])
  })

  it('does not take the route of another step for its own', () => {
    expect(routeFaults(steps, [get, { ...post, step: 'ship' }])).toEqual(['weigh lists POST /weigh, which its code does not answer'])
  })
})
