// SPDX-License-Identifier: Apache-2.0

internal import Dispatch
internal import Glibc

/// A program that is run for what it prints.
enum ChildProcess {
  struct Failure: Error, Sendable, Hashable {
    let message: String
  }

  /// A minute: some ask the user for a code on the terminal.
  private static let limit = 60.0
  private static let longest = 1 << 20

  /// Its standard output. Input and errors stay connected to the terminal, for those that ask something.
  static func output(
    of program: String, _ arguments: [String], environment: [String: String]
  ) async throws(Failure) -> [UInt8] {
    let result: Result<[UInt8], Failure> = await withCheckedContinuation { continuation in
      // Waiting for a program blocks, so it happens off the threads of the tasks.
      DispatchQueue.global().async {
        continuation.resume(returning: run(program, arguments, environment))
      }
    }
    return try result.get()
  }

  private static func run(
    _ program: String, _ arguments: [String], _ environment: [String: String]
  ) -> Result<[UInt8], Failure> {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { return .failure(.system("no pipe")) }
    defer { close(ends[0]) }
    // Neither end may live on in another child, or the end of the output would never be seen.
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO)
    var attributes = ordinarySignals()
    defer { posix_spawnattr_destroy(&attributes) }
    var child = pid_t()
    let status = withCStrings([program] + arguments) { argv in
      withCStrings(environment.map { "\($0.key)=\($0.value)" }) { envp in
        posix_spawnp(&child, program, &actions, &attributes, argv, envp)
      }
    }
    close(ends[1])
    guard status == 0 else {
      return .failure(Failure(message: "it does not start: \(String(cString: strerror(status)))"))
    }
    let output = collect(ends[0])
    if case .failure = output { kill(child, SIGKILL) }
    var exit: Int32 = 0
    while waitpid(child, &exit, 0) < 0 && errno == EINTR {}
    guard case .success(let bytes) = output else { return output }
    // The low seven bits hold the signal that ended it, the next eight its own status.
    guard exit & 0x7f == 0 else { return .failure(Failure(message: "it was ended by signal \(exit & 0x7f)")) }
    guard exit >> 8 & 0xff == 0 else { return .failure(Failure(message: "it exited with status \(exit >> 8 & 0xff)")) }
    return .success(bytes)
  }

  /// The threads of Dispatch block signals, and a child would inherit that: Ctrl-C must reach it.
  private static func ordinarySignals() -> posix_spawnattr_t {
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    var pipe = sigset_t()
    sigemptyset(&pipe)
    sigaddset(&pipe, SIGPIPE)
    posix_spawnattr_setsigdefault(&attributes, &pipe)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
    return attributes
  }

  private static func collect(_ descriptor: Int32) -> Result<[UInt8], Failure> {
    let end = TimeSource.system.uptime() + .seconds(limit)
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 16 << 10)
    while true {
      let left = (end - TimeSource.system.uptime()).milliseconds
      var wait = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      let ready = poll(&wait, 1, Int32(max(0, left)))
      if ready < 0 && errno == EINTR { continue }
      guard ready > 0 else { return .failure(Failure(message: "it printed nothing for \(Int(limit)) seconds")) }
      let count = read(descriptor, &chunk, chunk.count)
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { return .failure(.system("its output cannot be read")) }
      if count == 0 { return .success(bytes) }
      bytes += chunk[..<count]
      guard bytes.count <= longest else { return .failure(Failure(message: "it printed more than \(longest) bytes")) }
    }
  }

  private static func withCStrings<Result>(
    _ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
  ) -> Result {
    let copies = strings.map { strdup($0) }
    defer { for copy in copies { free(copy) } }
    return body(copies + [nil])
  }
}

extension ChildProcess.Failure {
  fileprivate static func system(_ what: String) -> ChildProcess.Failure {
    ChildProcess.Failure(message: "\(what): \(String(cString: strerror(errno)))")
  }
}
