import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { blindSpots, boundaryFaults } from '../../../scripts/check-boundaries.ts'

let root = ''
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'boundaries-'))
})
afterEach(() => rmSync(root, { recursive: true }))

/** Writes a tree of empty modules, each with the imports given, and answers the faults found in it. */
function faultsOf(tree: Record<string, string[]>): Promise<string[]> {
  for (const [file, imports] of Object.entries(tree)) {
    mkdirSync(dirname(join(root, file)), { recursive: true })
    writeFileSync(join(root, file), [...imports.map(from => `import '${from}'`), 'export {}', ''].join('\n'))
  }
  return boundaryFaults(root)
}

const soundHouse = {
  'shared/domain/money.ts': ['decimal.js'],
  'shared/messages/order.ts': ['zod', '../domain/money.ts'],
  'shared/store/open.ts': ['mongodb', '../messages/order.ts'],
  'shared/cloud/publisher.ts': ['../messages/order.ts'],
  'shared/brokers/broker.ts': ['../messages/order.ts', './paper/paper.ts'],
  'shared/brokers/paper/paper.ts': ['../../store/open.ts'],
  'shared/runtime/define-step.ts': ['node:crypto', '../store/open.ts', '../cloud/publisher.ts'],
  'functions/cerebro/index.ts': ['./handler.ts', '../../shared/runtime/define-step.ts'],
  'functions/cerebro/handler.ts': ['../../shared/domain/money.ts', '../../shared/brokers/broker.ts'],
  'functions/dashboards/index.ts': ['../../shared/runtime/define-step.ts'],
  'scripts/check.ts': ['../functions/cerebro/index.ts'],
  'scripts/local/start.ts': ['../../functions/cerebro/handler.ts', '../../shared/store/open.ts'],
  'tests/unit/cerebro.test.ts': ['../../functions/cerebro/handler.ts', '../../scripts/check.ts'],
  'node_modules/decimal.js/index.js': [],
  'node_modules/zod/index.js': [],
  'node_modules/mongodb/index.js': [],
}

describe('boundary check', () => {
  it('accepts a house whose imports all point inward', async () => {
    expect(await faultsOf(soundHouse)).toEqual([])
  })

  it('refuses an empty tree, since nothing was inspected', async () => {
    expect(await faultsOf({})).toEqual(['nothing was inspected: there is no .ts file under functions or shared'])
  })

  it('names each file that the inspection left out', async () => {
    await faultsOf({ 'shared/store/open.ts': [], 'functions/cerebro/index.ts': [] })
    expect(blindSpots(root, []).sort()).toEqual(['functions/cerebro/index.ts was not inspected', 'shared/store/open.ts was not inspected'])
  })

  it.each([
    ['the domain reaching out to messages', 'shared/domain/bad.ts', '../messages/order.ts'],
    ['the domain reaching out to the store', 'shared/domain/bad.ts', '../store/open.ts'],
    ['the domain using a package that is not its own', 'shared/domain/bad.ts', 'zod'],
    ['the domain using a module of Node', 'shared/domain/bad.ts', 'node:fs'],
    ['messages using the database driver', 'shared/messages/bad.ts', 'mongodb'],
    ['messages reaching out to the store', 'shared/messages/bad.ts', '../store/open.ts'],
    ['the store importing its neighbour cloud', 'shared/store/bad.ts', '../cloud/publisher.ts'],
    ['channels importing their neighbour brokers', 'shared/channels/bad.ts', '../brokers/broker.ts'],
    ['a broker other than paper importing the store', 'shared/brokers/ibkr/bad.ts', '../../store/open.ts'],
    ['the paper broker importing cloud', 'shared/brokers/paper/bad.ts', '../../cloud/publisher.ts'],
    ['the runtime importing brokers', 'shared/runtime/bad.ts', '../brokers/broker.ts'],
    ['shared code importing a step', 'shared/runtime/bad.ts', '../../functions/cerebro/handler.ts'],
    ['shared code importing a script', 'shared/store/bad.ts', '../../scripts/check.ts'],
    ['a step importing another step', 'functions/dashboards/bad.ts', '../cerebro/handler.ts'],
    ['a step importing a script', 'functions/cerebro/bad.ts', '../../scripts/check.ts'],
    ['a step importing a test', 'functions/cerebro/bad.ts', '../../tests/unit/cerebro.test.ts'],
    ['a script outside local/ reaching into a step', 'scripts/bad.ts', '../functions/cerebro/handler.ts'],
    ['a script importing a test', 'scripts/local/bad.ts', '../../tests/unit/cerebro.test.ts'],
    ['an import that leads nowhere', 'shared/store/bad.ts', './missing.ts'],
    ['a package that is not installed', 'shared/store/bad.ts', 'left-out'],
  ])('refuses %s', async (_case, file, from) => {
    const faults = await faultsOf({ ...soundHouse, [file]: [from] })
    expect(faults).toEqual([expect.stringMatching(new RegExp(`^${file} → `))])
  })

  it('refuses an import of a type alone as it would any other', async () => {
    await faultsOf({ ...soundHouse })
    writeFileSync(join(root, 'shared/domain/bad.ts'), "import type { Store } from '../store/open.ts'\nexport type Copy = Store\n")
    expect(await boundaryFaults(root)).toEqual([expect.stringMatching('^shared/domain/bad.ts → shared/store/open.ts: ')])
  })

  it('refuses two files that import each other', async () => {
    const faults = await faultsOf({ ...soundHouse, 'shared/store/a.ts': ['./b.ts'], 'shared/store/b.ts': ['./a.ts'] })
    expect(faults).toEqual(['shared/store/a.ts → shared/store/b.ts: no import goes in a circle'])
  })

  it('refuses a file in a room that has no rule', async () => {
    expect(await faultsOf({ ...soundHouse, 'shared/attic/box.ts': [] })).toEqual([
      'shared/attic/box.ts is in no room that check-boundaries.ts knows',
    ])
  })
})
