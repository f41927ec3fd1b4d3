#!/usr/bin/env node
import { main } from './main.ts'
import { systemPorts } from './system-ports.ts'

process.exitCode = await main(process.argv.slice(2), systemPorts())
