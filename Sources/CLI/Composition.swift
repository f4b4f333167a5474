// SPDX-License-Identifier: Apache-2.0

internal import AWSClient
internal import Core
internal import Logging

/// The client of a run and the count of what it called.
struct Client: Sendable {
  let aws: AWS
  let log: CallLog
}

extension Context {
  /// A client as the environment describes it, for the spec's region.
  func client(region: String) async throws(Stop) -> Client {
    var settings = ClientSettings(
      environment: environment, home: environment["HOME"], region: region, logger: logger,
      askForCode: { [console] device in console.ask("MFA code of \(device): ") })
    let log = CallLog()
    settings.log = log
    do throws(CallError) {
      return Client(aws: try await AWS.connect(settings), log: log)
    } catch {
      throw Stop(error)
    }
  }

  /// Writes to the story what `HARECON_LOG` (`trace` … `critical`) asks for; nothing without it.
  var logger: Logger {
    var logger = Logger(label: "harecon") { [console] _ in StoryLog(console: console) }
    logger.logLevel = environment["HARECON_LOG"].flatMap { Logger.Level(rawValue: $0.lowercased()) } ?? .critical
    return logger
  }
}

/// One log entry, one line of the story.
private struct StoryLog: LogHandler {
  let console: Console
  var metadata: Logger.Metadata = [:]
  var logLevel: Logger.Level = .critical

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let all = metadata.merging(event.metadata ?? [:]) { _, new in new }
    let details = all.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
    console.tell("\(event.level): \(event.message)\(details)")
  }
}
