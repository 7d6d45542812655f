import type * as Http from 'node:http'

/** `node:http`, got without an import: an import reads all its exports, among them WebSocket, which loads 14 MB into each process. */
export const http: typeof Http = process.getBuiltinModule('node:http')
