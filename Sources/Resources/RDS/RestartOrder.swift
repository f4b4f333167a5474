// SPDX-License-Identifier: Apache-2.0

/// What waits for a restart of members of a cluster, and the order of the restarts that users notice least.
struct RestartOrder: CustomStringConvertible {
  /// Sorted by name.
  private let readers: [String]
  private let writer: String?
  /// Some other member could write while the writer restarts.
  private let canFailOver: Bool

  /// nil when nothing waits.
  init?(of waiting: [DBCluster.Member], among members: [DBCluster.Member]) {
    if waiting.isEmpty { return nil }
    readers = waiting.filter { !$0.isWriter }.map(\.name).sorted()
    writer = waiting.first(where: \.isWriter)?.name
    canFailOver = members.contains { !$0.isWriter }
  }

  /// `at the next restart of a, b: ...`, to go on after "AWS makes it".
  var description: String {
    let names = (readers + [writer].compactMap(\.self)).joined(separator: ", ")
    return "at the next restart of \(names): \(order)"
  }

  private var order: String {
    guard let writer else {
      return readers.count > 1 ? "restart them one after the other" : "restart it when its connections may break"
    }
    guard canFailOver else { return "it has no reader to fail over to, so that its restart is an outage" }
    let first = readers.isEmpty ? "" : "restart the readers (\(readers.joined(separator: ", "))) first, then "
    return "\(first)fail over to a reader, then restart the old writer \(writer)"
  }
}
