import { z } from 'zod'
import { type Routes, route } from '../../../shared/runtime/route.ts'
import type { Store } from '../../../shared/store/collection.ts'
import { readSettings, type Settings, settings } from '../../../shared/store/settings.ts'
import { settingsUpdate, updateSettings } from './change.ts'

const settingsAnswer = z.object({ status: z.literal('success'), settings: settings.schema.omit({ outbox: true }) })

const shown = ({ outbox: _outbox, ...rest }: Settings) => rest

export const settingsRoutes = (store: Store): Routes => ({
  'GET /api/v1/settings': route({
    summary: 'Every setting of the fund',
    access: ['admin'],
    answer: settingsAnswer,
    handle: async () => ({ body: { status: 'success', settings: shown(await readSettings(store)) } }),
  }),
  'PUT /api/v1/settings': route({
    summary: 'Change what is given of the settings; `version` is the one that was read',
    access: ['admin'],
    body: settingsUpdate,
    answer: settingsAnswer,
    handle: async ({ body, ...asked }) => ({ body: { status: 'success', settings: shown(await updateSettings(store, body, asked)) } }),
  }),
})
