// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Trail

@Suite("A call's worth of lines")
struct TrailBatchTests {
  private func lines(_ count: Int, bytes: Int = 10, every milliseconds: Int = 0) -> [TrailLine] {
    (0..<count).map { TrailLine(moment: $0 * milliseconds, text: String(repeating: "x", count: bytes)) }
  }

  @Test("has no more lines than CloudWatch takes")
  func count() {
    #expect(TrailBatch.length(lines(10_000)) == 10_000)
    #expect(TrailBatch.length(lines(10_001)) == 10_000)
  }

  @Test("has no more bytes than CloudWatch takes, with 26 for each line beside its text")
  func bytes() {
    // 1,048,576 is 32 × 32,768.
    #expect(TrailBatch.length(lines(33, bytes: 32_768 - 26)) == 32)
    #expect(TrailBatch.length(lines(33, bytes: 32_768 - 25)) == 31)
    #expect(TrailBatch.length([TrailLine(moment: 0, text: String(repeating: "é", count: 524_275))]) == 1)
  }

  @Test("counts bytes and not characters")
  func utf8() {
    let line = TrailLine(moment: 0, text: String(repeating: "é", count: 262_144 - 13))
    #expect(TrailBatch.length([line, line]) == 2)
    #expect(TrailBatch.length([line, line, line]) == 2)
  }

  @Test("spans no more than a day")
  func span() {
    #expect(TrailBatch.length(lines(25, every: 3_600_000)) == 25)
    #expect(TrailBatch.length(lines(26, every: 3_600_000)) == 25)
  }

  @Test("is empty only when there is nothing to write")
  func alone() {
    #expect(TrailBatch.length([TrailLine]()) == 0)
    #expect(TrailBatch.length(lines(2, bytes: 2_000_000)) == 1)
  }
}
