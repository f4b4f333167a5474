// SPDX-License-Identifier: Apache-2.0

internal import AWSAPILogs
package import AWSClient
package import Core

// aws: logs CreateLogStream PutLogEvents

/// Where the lines of a trail go.
package protocol TrailDestination: Sendable {
  /// Writes lines that are in the order of their times and fit into one call.
  ///
  /// - Returns: how many of them were not taken.
  func write(_ lines: [TrailLine]) async throws(CallError) -> Int
}

/// A stream of a CloudWatch log group, made with the first line that is written to it; the group is not.
package actor LogStream: TrailDestination {
  private let aws: AWS
  private let group: String
  private let name: String
  private var isMade = false

  package init(_ aws: AWS, group: String, name: String) {
    self.aws = aws
    self.group = group
    self.name = name
  }

  package func write(_ lines: [TrailLine]) async throws(CallError) -> Int {
    if !isMade { try await make() }
    let events = lines.map { Logs.InputLogEvent(timestamp: $0.moment, message: $0.text) }
    do throws(CallError) {
      let answer = try await aws(
        Logs.putLogEvents, .init(logGroupName: group, logStreamName: name, logEvents: events))
      return Self.rejected(answer.rejectedLogEventsInfo, of: lines.count)
    } catch {
      // The group was made anew, or the stream is not visible yet: asking for it again does no harm.
      if error.category == .notFound { isMade = false }
      throw error
    }
  }

  private func make() async throws(CallError) {
    do throws(CallError) {
      _ = try await aws(Logs.createLogStream, .init(logGroupName: group, logStreamName: name))
    } catch let error where error.category == .alreadyExists {
      // Our own, of a call whose answer was lost: no other run has this name.
    } catch {
      throw error
    }
    isMade = true
  }

  /// Lines before an index are too old, those from another one on too new.
  private static func rejected(_ info: Logs.RejectedLogEventsInfo?, of count: Int) -> Int {
    guard let info else { return 0 }
    let old = max(info.tooOldLogEventEndIndex ?? 0, info.expiredLogEventEndIndex ?? 0)
    return old + count - (info.tooNewLogEventStartIndex ?? count)
  }
}
