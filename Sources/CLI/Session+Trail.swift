// SPDX-License-Identifier: Apache-2.0

internal import Core
internal import Engine
internal import Resources
internal import Spec
internal import Trail

extension Session {
  /// The trail of one command, in a stream of its own in the stack's audit log.
  ///
  /// - Parameter caller: the ARN of who runs it.
  func trail(of command: String, by caller: String, in context: Context) -> Trail {
    let run = TrailRun(
      command: command, version: Version.current, caller: caller, moment: context.stamp(),
      random: .random(in: .min ... .max))
    let group = Names(stack).logGroup(.audit)
    return Trail(
      LogStream(aws, group: group, name: run.stream), group: Address(LogGroup.name, StackLog.audit.rawValue),
      groupName: group, run: run)
  }
}

extension Trail {
  /// Ends what a pass of the loop has begun, if it has changed anything.
  func end(_ pass: Pass) async -> [Diagnostic] {
    guard let verdict = pass.verdict else { return [] }
    return await end(verdict, exitCode: pass.exitCode)
  }
}
