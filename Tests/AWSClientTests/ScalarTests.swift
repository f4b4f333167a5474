// SPDX-License-Identifier: Apache-2.0

import Core
import Testing

@testable import AWSClient

@Suite("Scalars on the wire")
struct ScalarTests {
  @Test(
    "moments are read in every format that services use",
    arguments: [
      ("2015-08-30T12:36:00Z", 1_440_938_160), ("2015-08-30T12:36:00.500Z", 1_440_938_160.5),
      ("2015-08-30T14:36:00+02:00", 1_440_938_160), ("2015-08-30T12:36:00", 1_440_938_160),
      ("Sun, 30 Aug 2015 12:36:00 GMT", 1_440_938_160), ("1440938160", 1_440_938_160),
      ("1.44093816E9", 1_440_938_160), ("1969-12-31T23:59:59Z", -1), ("2000-02-29T00:00:00Z", 951_782_400),
      ("0001-01-01T00:00:00Z", -62_135_596_800), ("9999-12-31T23:59:59Z", 253_402_300_799),
    ] as [(String, Double)])
  func moments(_ text: String, _ seconds: Double) throws {
    #expect(try #require(Timestamp(text)).secondsSinceEpoch == seconds)
  }

  @Test(
    "what is no moment is refused",
    arguments: [
      "", "nan", "inf", "2015-08-30", "2015-13-01T00:00:00Z", "2015-02-29T00:00:00Z", "2015-08-30T24:00:00Z",
      "2015-08-30T12:36:00Zx", "Sun, 30 Xxx 2015 12:36:00 GMT", "2015-08-30T12:36",
    ])
  func noMoments(_ text: String) {
    #expect(Timestamp(text) == nil)
  }

  @Test(
    "moments are written so that they read back",
    arguments: [0, -1, 951_782_399, 951_868_800, 1_440_938_160, 4_102_444_799, -62_135_596_800, 253_402_300_799])
  func roundTrip(_ seconds: Double) {
    let moment = Timestamp(secondsSinceEpoch: seconds)
    for format in TimestampFormat.allCases { #expect(Timestamp(moment.text(format)) == moment) }
  }

  @Test("moments have the texts that AWS documents")
  func texts() {
    let moment = Timestamp(secondsSinceEpoch: 1_440_938_160)
    #expect(moment.text(.iso8601) == "2015-08-30T12:36:00Z")
    #expect(moment.text(.rfc822) == "Sun, 30 Aug 2015 12:36:00 GMT")
    #expect(moment.text(.unixTimestamp) == "1440938160")
    #expect(moment.compactText == "20150830T123600Z")
    #expect(Timestamp(secondsSinceEpoch: 1_440_938_160.25).text(.iso8601) == "2015-08-30T12:36:00.250Z")
  }

  @Test("moments that no calendar holds do not trap")
  func extremes() {
    for seconds in [Double.nan, .infinity, -.infinity, 1e300, -1e300] {
      for format in TimestampFormat.allCases { #expect(!Timestamp(secondsSinceEpoch: seconds).text(format).isEmpty) }
    }
  }

  /// RFC 4648, section 10.
  @Test(
    "base 64 is the standard's",
    arguments: [
      ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
      ("foobar", "Zm9vYmFy"),
    ])
  func base64(_ text: String, _ encoded: String) {
    #expect(Base64.encode(Array(text.utf8)) == encoded)
    #expect(Base64.decode(encoded) == Array(text.utf8))
  }

  @Test("all bytes survive base 64, line breaks do no harm")
  func base64Bytes() {
    let bytes = (0...255).map { UInt8($0) }
    #expect(Base64.decode(Base64.encode(bytes)) == bytes)
    #expect(Base64.decode("Zm9v\r\nYmFy\n") == Array("foobar".utf8))
  }

  @Test("what is not base 64 is refused", arguments: ["Z", "Zg", "Zg=", "Zg===", "Z=g=", "Zm9v=", "Zm_v", "===="])
  func noBase64(_ text: String) {
    #expect(Base64.decode(text) == nil)
  }
}
