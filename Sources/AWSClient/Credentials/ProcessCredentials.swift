// SPDX-License-Identifier: Apache-2.0

internal import Core

/// `credential_process`: a program of the user's that prints credentials as JSON.
struct ProcessCredentials: Sendable {
  private let command: String
  private let profile: String
  private let context: ClientContext

  init(_ command: String, profile: String, _ context: ClientContext) {
    self.command = command
    self.profile = profile
    self.context = context
  }

  func load() async throws(CallError) -> Credentials {
    guard let words = ShellWords.split(command), let program = words.first else {
      throw failure("its command line has an open quote")
    }
    let output: [UInt8]
    do throws(ChildProcess.Failure) {
      output = try await ChildProcess.output(
        of: program.expandingTilde(home: context.settings.home), Array(words.dropFirst()),
        environment: context.settings.environment)
    } catch {
      throw failure(error.message)
    }
    // What it printed may hold secrets even if it is no JSON, so no error repeats it.
    guard let answer = try? JSON(parsing: output) else { throw failure("it did not print JSON") }
    guard answer["Version"]?.int == 1 else { throw failure("its answer has another \"Version\" than 1") }
    guard let credentials = Credentials(answer, secret: "SecretAccessKey", token: "SessionToken") else {
      throw failure("its answer lacks \"AccessKeyId\" or \"SecretAccessKey\", or its \"Expiration\" is no date")
    }
    if let expiration = credentials.expiration, expiration <= context.settings.time.now() {
      throw failure("the credentials it printed have expired")
    }
    return credentials
  }

  private func failure(_ reason: String) -> CallError {
    .credentials("the \"credential_process\" of profile \"\(profile)\" failed: \(reason)")
  }
}

extension Credentials {
  /// From the JSON that processes, containers and instances answer with; nil when it is not complete.
  init?(_ answer: JSON, secret: String, token: String) {
    guard let key = answer["AccessKeyId"]?.string.nonEmpty, let secret = answer[secret]?.string.nonEmpty else {
      return nil
    }
    self.init(accessKeyID: key, secretAccessKey: secret, sessionToken: answer[token]?.string.nonEmpty)
    if let text = answer["Expiration"]?.string.nonEmpty {
      guard let expiration = Timestamp(text) else { return nil }
      self.expiration = expiration
    }
  }
}
