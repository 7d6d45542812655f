import { z } from 'zod'
import type { Secrets } from '../../../shared/cloud/cached-secrets.ts'
import { identifier } from '../../../shared/messages/codecs.ts'
import {
  newStrategy,
  newStrategyAnswer,
  strategiesAnswer,
  strategyAnswer,
  strategyQuery,
  strategyUpdate,
} from '../../../shared/messages/strategy.ts'
import { type Routes, route } from '../../../shared/runtime/route.ts'
import { SEALING_SECRET } from '../../../shared/runtime/sealed.ts'
import { rotateSecret, secretKinds } from '../../../shared/runtime/strategy-secrets.ts'
import type { Store } from '../../../shared/store/collection.ts'
import { strategiesPage } from '../../../shared/store/strategy-configurations.ts'
import { paged, pageQuery } from '../paging.ts'
import { auditOf } from '../person.ts'
import { createStrategy, deleteStrategy, knownStrategy, updateStrategy } from './change.ts'
import { unknownStrategy } from './refusals.ts'
import { showStrategies, showStrategy } from './shown.ts'

const ofStrategy = z.object({ strategy_id: identifier })
const reason = z.string().max(2_000).optional()

const rotation = z.strictObject({
  which: z.enum(secretKinds).default('api_key'),
  revoke_former: z.boolean().default(false),
  reason,
})
const rotationAnswer = z.object({
  status: z.literal('success'),
  strategy_id: z.string(),
  api_key: z.string().optional(),
  passphrase: z.string().optional(),
  path_token: z.string().optional(),
  hmac_secret: z.string().optional(),
  /** How many are valid now. */
  valid: z.number(),
  version: z.number(),
})

/** POR-1, POR-2: the strategies and their secrets. */
export const strategyRoutes = ({ store, secrets }: { store: Store; secrets: Secrets }): Routes => ({
  'GET /api/v1/strategies': route({
    summary: 'Strategies, by their id',
    access: ['admin'],
    query: z.object({ ...pageQuery, ...strategyQuery }),
    answer: strategiesAnswer,
    handle: async ({ query: { limit, cursor, include_in_optimization, ...filter } }) => {
      const included = include_in_optimization && { include_in_optimization: include_in_optimization === 'true' }
      const { found, next_cursor } = await paged(strategiesPage(store, { ...filter, ...included }, { limit, cursor }))
      return { body: { status: 'success', strategies: await showStrategies(store, found), count: found.length, next_cursor } }
    },
  }),
  'POST /api/v1/strategies': route({
    summary: 'Make a strategy; its secrets are in the answer and never shown again',
    access: ['admin'],
    body: newStrategy,
    answer: newStrategyAnswer,
    handle: async ({ body, ...asked }) => {
      const { strategy, secrets } = await createStrategy(store, body, asked)
      const headers = { location: `/api/v1/strategies/${strategy.strategy_id}`, 'cache-control': 'no-store' }
      return { status: 201, headers, body: { status: 'success', strategy: await showStrategy(store, strategy), secrets } }
    },
  }),
  'GET /api/v1/strategies/:strategy_id': route({
    summary: 'One strategy',
    access: ['admin'],
    params: ofStrategy,
    answer: strategyAnswer,
    handle: async ({ params }) => ({
      body: { status: 'success', strategy: await showStrategy(store, await knownStrategy(store, params.strategy_id)) },
    }),
  }),
  'PUT /api/v1/strategies/:strategy_id': route({
    summary: 'Change what is given of a strategy; `version` is the one that was read',
    access: ['admin'],
    params: ofStrategy,
    body: strategyUpdate,
    answer: strategyAnswer,
    handle: async ({ params, body, ...asked }) => {
      const strategy = await updateStrategy(store, params.strategy_id, body, asked)
      return { body: { status: 'success', strategy: await showStrategy(store, strategy) } }
    },
  }),
  'DELETE /api/v1/strategies/:strategy_id': route({
    summary: 'Take a strategy that has neither positions nor weight out of sight; its history stays',
    access: ['admin'],
    params: ofStrategy,
    query: z.object({ version: z.coerce.number().int().optional(), reason }),
    answer: z.object({ status: z.literal('success'), strategy_id: z.string(), deleted_at: z.iso.datetime() }),
    handle: async ({ params: { strategy_id }, query: { version, reason: why }, ...asked }) => {
      await deleteStrategy(store, strategy_id, { version, reason: why }, asked)
      return { body: { status: 'success', strategy_id, deleted_at: asked.now } }
    },
  }),
  'POST /api/v1/strategies/:strategy_id/rotate-key': route({
    summary: 'Make a new key; the last one stays valid until the next rotation, unless `revoke_former`',
    access: ['admin'],
    params: ofStrategy,
    body: rotation,
    answer: rotationAnswer,
    handle: async ({ params: { strategy_id }, body, ...asked }) => {
      const { which, revoke_former, reason: why } = body
      const sealing_key = which === 'hmac_secret' ? await secrets.read(SEALING_SECRET) : null
      const means = { sealing_key, now: asked.now, by: auditOf(asked, why) }
      const rotated = await rotateSecret(store, { strategy_id, which, revoke_former }, means)
      if (!rotated) throw unknownStrategy(strategy_id)
      const { secret, valid, version } = rotated
      return { headers: { 'cache-control': 'no-store' }, body: { status: 'success', strategy_id, [body.which]: secret, valid, version } }
    },
  }),
})
