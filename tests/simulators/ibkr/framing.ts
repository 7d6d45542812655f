// Frames of the TWS socket: four bytes of length, then fields that each end with NUL. A client begins with `API\0` before its first frame.

export type Fields = readonly (string | number | boolean | null | undefined)[]

const shown = (field: Fields[number]): string => {
  if (field === null || field === undefined) return ''
  return typeof field === 'boolean' ? String(Number(field)) : String(field)
}

export function frame(fields: Fields): Buffer {
  const body = Buffer.from(fields.map(field => `${shown(field)}\0`).join(''))
  const head = Buffer.alloc(4)
  head.writeUInt32BE(body.length)
  return Buffer.concat([head, body])
}

const GREETING = Buffer.from('API\0')

/** Takes bytes in pieces of any size and tells whole frames: first the greeting's versions, then messages. */
export function frameReader(told: { versions(text: string): void; message(fields: string[]): void }): (bytes: Buffer) => void {
  let held: Buffer = Buffer.alloc(0)
  let greeted = false
  let versions = false
  return bytes => {
    held = Buffer.concat([held, bytes])
    if (!greeted) {
      if (held.length < GREETING.length) return
      if (!held.subarray(0, GREETING.length).equals(GREETING)) throw new Error('a client of the TWS socket begins with API')
      held = held.subarray(GREETING.length)
      greeted = true
    }
    while (held.length >= 4) {
      const length = held.readUInt32BE()
      if (held.length < 4 + length) return
      const body = held.subarray(4, 4 + length).toString('utf8')
      held = held.subarray(4 + length)
      if (versions) told.message(body.split('\0').slice(0, -1))
      else {
        versions = true
        told.versions(body)
      }
    }
  }
}
