// SPDX-License-Identifier: Apache-2.0

import Core
import Testing

@Suite("Durations")
struct DurationTests {
  @Test(
    "are told in two units at most",
    arguments: [
      (Duration.zero, "0.0s"), (.milliseconds(470), "0.4s"), (.milliseconds(9_990), "9.9s"), (.seconds(10), "10s"),
      (.milliseconds(59_999), "59s"), (.seconds(60), "1m00s"), (.seconds(185), "3m05s"), (.seconds(3_599), "59m59s"),
      (.seconds(3_600), "1h00m"), (.seconds(3_779), "1h02m"), (.seconds(90_000), "25h00m"),
    ])
  func brief(duration: Duration, text: String) {
    #expect(duration.brief == text)
  }
}
