import { once } from 'node:events'
import { connect } from 'node:net'
import { type Document, MongoClient } from 'mongodb'
import { describe, expect, it } from 'vitest'
import { givenUri, useDatabase } from './server.ts'

const { db, client } = useDatabase()

// Each row: what is asked for, as a command on collection c; MongoDB's code; the name that the message must carry.
const everywhere: [string, Document, number, string][] = [
  ['an unknown command', { nope: 1 }, 59, 'nope'],
  ['an unknown field of a command', { find: 'c', nope: 1 }, 40415, 'nope'],
  ['an unknown index option', { createIndexes: 'c', indexes: [{ key: { a: 1 }, name: 'a', nope: 1 }] }, 197, 'nope'],
  ['an index without a name', { createIndexes: 'c', indexes: [{ key: { a: 1 } }] }, 9, 'name'],
  ['an index of direction 0', { createIndexes: 'c', indexes: [{ key: { a: 0 }, name: 'a' }] }, 67, '0'],
  ['an unknown stage', { aggregate: 'c', pipeline: [{ $nope: 1 }], cursor: {} }, 40324, '$nope'],
  ['an aggregation without a cursor', { aggregate: 'c', pipeline: [] }, 9, 'cursor'],
  [
    'a change stream in the middle',
    { aggregate: 'c', pipeline: [{ $match: {} }, { $changeStream: {} }], cursor: {} },
    40602,
    '$changeStream',
  ],
  ['a grouped change stream', { aggregate: 'c', pipeline: [{ $changeStream: {} }, { $group: { _id: 1 } }], cursor: {} }, 20, '$group'],
  ['an unknown stage of a change stream', { aggregate: 'c', pipeline: [{ $changeStream: {} }, { $nope: 1 }], cursor: {} }, 40324, '$nope'],
  ['a negative limit', { find: 'c', limit: -1 }, 51024, 'limit'],
  ['a bad sort', { find: 'c', sort: { a: 2 } }, 15975, '$sort'],
  ['an upsert that removes', { findAndModify: 'c', remove: true, upsert: true }, 9, 'upsert'],
]

const embedded: [string, Document, number, string][] = [
  ['$where', { find: 'c', filter: { $where: 'true' } }, 2, '$where'],
  ['$text', { find: 'c', filter: { $text: { $search: 'x' } } }, 2, '$text'],
  ['$near', { find: 'c', filter: { a: { $near: [0, 0] } } }, 2, '$near'],
  ['a collation', { find: 'c', collation: { locale: 'de' } }, 2, 'collation'],
  ['a text index', { createIndexes: 'c', indexes: [{ key: { a: 'text' }, name: 'a' }] }, 67, 'text'],
  ['a 2dsphere index', { createIndexes: 'c', indexes: [{ key: { a: '2dsphere' }, name: 'a' }] }, 67, '2dsphere'],
  ['a hashed index', { createIndexes: 'c', indexes: [{ key: { a: 'hashed' }, name: 'a' }] }, 67, 'hashed'],
  ['a wildcard index', { createIndexes: 'c', indexes: [{ key: { '$**': 1 }, name: 'a' }] }, 67, 'wildcard'],
  ['a hidden index', { createIndexes: 'c', indexes: [{ key: { a: 1 }, name: 'a', hidden: true }] }, 67, 'hidden'],
  [
    'an index with a collation',
    { createIndexes: 'c', indexes: [{ key: { a: 1 }, name: 'a', collation: { locale: 'de' } }] },
    2,
    'collation',
  ],
  ['a view', { create: 'v', viewOn: 'c', pipeline: [] }, 72, 'viewOn'],
  ['a capped collection', { create: 'v', capped: true, size: 1000 }, 72, 'capped'],
  ['a time series', { create: 'v', timeseries: { timeField: 't' } }, 72, 'timeseries'],
  ['$graphLookup', { aggregate: 'c', pipeline: [{ $graphLookup: { from: 'd', as: 'd' } }], cursor: {} }, 40324, '$graphLookup'],
  ['$bucket', { aggregate: 'c', pipeline: [{ $bucket: {} }], cursor: {} }, 40324, '$bucket'],
  ['$unionWith of another database', { aggregate: 'c', pipeline: [{ $unionWith: { db: 'd', coll: 'e' } }], cursor: {} }, 40415, 'db'],
  ['$out', { aggregate: 'c', pipeline: [{ $out: 'd' }], cursor: {} }, 40324, '$out'],
  ['$merge', { aggregate: 'c', pipeline: [{ $merge: 'd' }], cursor: {} }, 40324, '$merge'],
  [
    'a change stream with images of before',
    { aggregate: 'c', pipeline: [{ $changeStream: { fullDocumentBeforeChange: 'required' } }], cursor: {} },
    72,
    'fullDocumentBeforeChange',
  ],
  [
    'more events than usual',
    { aggregate: 'c', pipeline: [{ $changeStream: { showExpandedEvents: true } }], cursor: {} },
    72,
    'showExpandedEvents',
  ],
  [
    'splitting of events',
    { aggregate: 'c', pipeline: [{ $changeStream: {} }, { $changeStreamSplitLargeEvent: {} }], cursor: {} },
    40324,
    '$changeStreamSplit',
  ],
  [
    'a change stream with images, switched on',
    { collMod: 'c', changeStreamPreAndPostImages: { enabled: true } },
    72,
    'changeStreamPreAndPostImages',
  ],
  ['bounds of an index', { find: 'c', min: { _id: 1 }, hint: { _id: 1 } }, 72, 'min'],
  ['only the keys of an index', { find: 'c', returnKey: true }, 72, 'returnKey'],
  ['the numbers of records', { find: 'c', showRecordId: true }, 72, 'showRecordId'],
  ['a cursor that waits at the end', { find: 'c', tailable: true }, 72, 'tailable'],
  ['an explained aggregation', { aggregate: 'c', pipeline: [], explain: true }, 72, 'explain'],
  ['an unknown accumulator', { aggregate: 'c', pipeline: [{ $group: { _id: 1, a: { $nope: 1 } } }], cursor: {} }, 15952, '$nope'],
  ['an unknown operator of a query', { find: 'c', filter: { a: { $nope: 1 } } }, 2, '$nope'],
  ['a parameter to set', { setParameter: 1, notablescan: true }, 115, 'setParameter'],
  ['an unknown expression', { aggregate: 'c', pipeline: [{ $project: { a: { $function: {} } } }], cursor: {} }, 168, '$function'],
  ['$meta', { find: 'c', projection: { a: { $meta: 'textScore' } } }, 2, '$meta'],
  ['a snapshot read', { find: 'c', readConcern: { level: 'snapshot' } }, 72, 'snapshot'],
  ['renaming', { renameCollection: 'a.b', to: 'a.c' }, 115, 'renameCollection'],
  ['map-reduce', { mapReduce: 'c' }, 115, 'mapReduce'],
]

const refusal = async (command: Document) =>
  db()
    .command(command)
    .catch(error => ({ code: error.code, message: error.message }))

describe('what is not done is refused by its name', () => {
  it.each(everywhere)('%s', async (_, command, code, name) => {
    expect(await refusal(command)).toEqual({ code, message: expect.stringContaining(name) })
  })
  if (!givenUri) {
    it.each(embedded)('%s, by the embedded server', async (_, command, code, name) => {
      expect(await refusal(command)).toEqual({ code, message: expect.stringContaining(name) })
    })
    it('but an option that is not set asks for nothing, by the embedded server', async () => {
      const off = { returnKey: false, showRecordId: false, tailable: false, awaitData: false, oplogReplay: true }
      expect(await db().command({ find: 'c', ...off })).toMatchObject({ ok: 1 })
    })
    it('credentials in the URI, by the embedded server', async () => {
      const { host, port } = client().options.hosts[0] ?? {}
      const connecting = new MongoClient(`mongodb://name:word@${host}:${port}/?directConnection=true`).connect()
      await expect(connecting).rejects.toThrow('credentials in the URI are not supported')
    })
    it('bytes that are no message, whose connection it closes', async () => {
      const { host = '', port = 0 } = client().options.hosts[0] ?? {}
      const message = (opCode: number, ...body: number[]) => {
        const bytes = Buffer.alloc(16 + body.length)
        for (const [i, field] of [bytes.length, 1, 0, opCode].entries()) bytes.writeInt32LE(field, i * 4)
        bytes.set(body, 16)
        return bytes
      }
      const zeros = [0, 0, 0, 0]
      const wrong = [
        Buffer.alloc(64),
        Buffer.alloc(64, 255),
        message(2012, ...zeros),
        message(2013, ...zeros, 0, ...zeros),
        message(2013, ...zeros, 1, 9, 0, 0, 0, ...zeros, 0),
        message(2013, ...zeros, 0, 6, 0, 0, 0, 99, 0),
      ]
      for (const bytes of wrong) {
        const socket = connect(port, host)
        socket.on('error', () => undefined)
        socket.write(bytes)
        await once(socket, 'close')
      }
      expect(await db().command({ ping: 1 })).toMatchObject({ ok: 1 })
    })
    it('compression, which is not offered', async () => {
      const { host, port } = client().options.hosts[0] ?? {}
      const connection = await new MongoClient(`mongodb://${host}:${port}/?directConnection=true&compressors=zlib`).connect()
      expect((await connection.db('admin').command({ hello: 1 })).compression).toBeUndefined()
      await connection.close()
    })
  }
})
