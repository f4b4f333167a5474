// SPDX-License-Identifier: Apache-2.0

/// How values count that AWS has accepted and not made yet (`PendingModifiedValues`).
///
/// What is wanted and queued is pending: it is not made before it shows. Anything else that is queued counts as made, so
/// that it is undone now and does not surprise in the maintenance window.
struct QueuedChanges {
  private(set) var pending: [String: String] = [:]
  private let when: String

  init(window: String?) {
    when = window.map { "in the maintenance window \($0)" } ?? "in the maintenance window"
  }

  mutating func value<T: Equatable>(of attribute: String, live: T, queued: T?, wanted: T?) -> T {
    guard let queued else { return live }
    guard queued == wanted else { return queued }
    pending[attribute] = when
    return live
  }
}
