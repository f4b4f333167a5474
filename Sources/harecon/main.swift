// SPDX-License-Identifier: Apache-2.0

internal import CLI
internal import FoundationEssentials
internal import Glibc

let process = ProcessInfo.processInfo
exit(await Program.run(Array(process.arguments.dropFirst()), environment: process.environment))
