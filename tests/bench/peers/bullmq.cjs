// BullMQ, one job a delivery, on Node: the request, and the attempt in PostgreSQL, as the Python peers do it.
const http = require('node:http')
const { Queue, Worker } = require('bullmq')
const { Pool } = require('pg')

const connection = { path: process.env.BENCH_SOCKET, maxRetriesPerRequest: null }
const CONCURRENCY = 16

const INSERT = `INSERT INTO attempt (delivery_id, number, started_at, duration_ms, method, url, request_headers,
  request_body, replaced, status, status_reason, answer_headers, answer_body, answer_cut, error_kind, error)
  VALUES ($1, 1, $2, $3, $4, $5, $6, $7, 0, $8, $9, $10, $11, false, '', '')`
const UPDATE = "UPDATE delivery SET state = 'delivered', attempts = 1, ended_at = $1 WHERE id = $2"

const agent = new http.Agent({ keepAlive: true, maxSockets: CONCURRENCY })
const lines = (pairs) => pairs.map(([name, value]) => `${name}: ${value}`).join('\n')

function send ({ method, url, headers, body }) {
  return new Promise((resolve, reject) => {
    const request = http.request(url, { method, headers: { ...headers, 'Content-Length': Buffer.byteLength(body) }, agent }, (answer) => {
      const parts = []
      answer.on('data', (part) => parts.push(part))
      answer.on('end', () => resolve({ answer, body: Buffer.concat(parts) }))
    })
    request.on('error', reject)
    request.end(body)
  })
}

async function work () {
  const pool = new Pool({ connectionString: process.env.BENCH_DATABASE, max: CONCURRENCY })
  const worker = new Worker('bench', async ({ data }) => {
    const started = new Date()
    const { answer, body } = await send(data)
    if (answer.statusCode !== 200) throw new Error(`HTTP ${answer.statusCode}`)
    const client = await pool.connect()
    try {
      await client.query('BEGIN')
      await client.query({ name: 'attempt', text: INSERT, values: [data.delivery, started, Date.now() - started, data.method,
        data.url, lines(Object.entries(data.headers)), data.body, answer.statusCode, answer.statusMessage,
        lines(Object.entries(answer.headers)), body] })
      await client.query({ name: 'delivery', text: UPDATE, values: [new Date(), data.delivery] })
      await client.query('COMMIT')
    } finally {
      client.release()
    }
  }, { connection, concurrency: CONCURRENCY })
  worker.on('failed', (job, error) => console.error(error.message))
  worker.on('error', (error) => console.error(error.message))
  await worker.waitUntilReady()
  console.log('ready')
}

async function enqueue () {
  const queue = new Queue('bench', { connection })
  let text = ''
  for await (const part of process.stdin) text += part
  const jobs = JSON.parse(text).map(([delivery, method, url, headers, body]) => ({
    name: 'deliver', data: { delivery, method, url, headers, body }, opts: { removeOnComplete: true }
  }))
  await queue.addBulk(jobs)
  await queue.close()
}

process.argv[2] === 'enqueue' ? enqueue() : work()
