// SPDX-License-Identifier: Apache-2.0

internal import AWSClient

extension ReplayClock {
  static let system = ReplayClock(
    unix: { TimeSource.system.now().secondsSinceEpoch }, moment: TimeSource.system.uptime,
    // Being cancelled only ends it early.
    sleep: { pause in try? await TimeSource.system.sleep(pause) })
}
