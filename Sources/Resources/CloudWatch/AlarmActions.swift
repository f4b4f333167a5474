// SPDX-License-Identifier: Apache-2.0

package import ResourceKit

/// Whom an alarm tells when its state changes, and whether it does: ARNs of topics or functions.
///
/// CloudWatch runs actions once per change of state, and never again while the state stays.
package struct AlarmActions: Sendable, Hashable {
  package var alarm: [Input<String>]
  package var ok: [Input<String>]
  package var insufficientData: [Input<String>]
  /// To keep people from being called during a drill, suppress a composite alarm's actions instead: what is switched
  /// off is easily left off.
  package var areEnabled: Bool

  package init(
    alarm: [Input<String>] = [], ok: [Input<String>] = [], insufficientData: [Input<String>] = [],
    areEnabled: Bool = true
  ) {
    self.alarm = alarm
    self.ok = ok
    self.insufficientData = insufficientData
    self.areEnabled = areEnabled
  }
}

/// The same, as CloudWatch tells it.
package struct LiveAlarmActions: Sendable, Hashable {
  package var alarm: [String]
  package var ok: [String]
  package var insufficientData: [String]
  package var areEnabled: Bool

  /// CloudWatch leaves out what is empty, and an alarm whose actions nobody switched off has them on.
  init(alarm: [String]?, ok: [String]?, insufficientData: [String]?, areEnabled: Bool?) {
    self.alarm = alarm ?? []
    self.ok = ok ?? []
    self.insufficientData = insufficientData ?? []
    self.areEnabled = areEnabled ?? true
  }
}

/// The state of an alarm when it was last looked at: told to whoever asks, and never a difference.
package struct AlarmState: Sendable, Hashable {
  /// `OK`, `ALARM` or `INSUFFICIENT_DATA`, in which every alarm begins.
  package var value: String
  package var reason: String
}
