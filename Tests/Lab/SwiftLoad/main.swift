// SPDX-License-Identifier: Apache-2.0

// The lab's application in Swift, in a process of its own that may be killed: lab-load SETTINGS
//
// SETTINGS is the JSON of `harecon_lab.application.Settings`. It writes until its standard input ends, and finishes what it has
// begun. Credentials, region and endpoint it finds in the environment, as any application does.

internal import FoundationEssentials
internal import Glibc

// In reality it has a machine of its own, and takes nothing from the functions that watch over the database.
_ = nice(5)

let process = ProcessInfo.processInfo
do {
  let settings = try Settings(arguments: process.arguments)
  let load = try await Load(settings, environment: process.environment)
  StandardInput.awaitEnd { load.end() }
  try await load.run()
} catch {
  complain("\(error)")
  exit(1)
}
