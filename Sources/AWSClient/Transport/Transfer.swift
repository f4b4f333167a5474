// SPDX-License-Identifier: Apache-2.0

internal import CCurl

/// One request on its way: libcurl's easy handle and the bytes that its callbacks read and write.
///
/// Touched only by the loop's thread. The handle points back at this object, so it must outlive the handle's stay in the
/// multi handle; `TransferTable` holds it for that long.
final class Transfer {
  let handle: UnsafeMutableRawPointer
  let exchange: Exchange
  private let limit: Int
  private var headerList: UnsafeMutablePointer<curl_slist>?
  private var sentBytes = 0
  private var head = ResponseHead()
  private var body: [UInt8] = []
  private var isTooLarge = false

  init?(_ exchange: Exchange, _ settings: TransportSettings, _ share: SharedCaches, waitsForConnection: Bool) {
    guard let handle = curl_easy_init() else { return nil }
    self.handle = handle
    self.exchange = exchange
    limit = settings.maximumResponseSize
    guard setUp(settings, share, waitsForConnection: waitsForConnection) else { return nil }
  }

  deinit {
    curl_easy_cleanup(handle)
    curl_slist_free_all(headerList)
  }

  /// Whether the request may have left. libcurl notes this time when the connection stands, TLS and proxy included, and
  /// the request is about to be written; nothing of it is written earlier.
  var progress: TransportError.Progress {
    var time: curl_off_t = 0
    _ = harecon_curl_get_offset(handle, CURLINFO_PRETRANSFER_TIME_T, &time)
    return time > 0 ? .sent : .notSent
  }

  var usedHTTP2: Bool {
    var version = 0
    _ = harecon_curl_get_long(handle, CURLINFO_HTTP_VERSION, &version)
    return version == CURL_HTTP_VERSION_2_0
  }

  func outcome(_ code: CURLcode) -> Exchange.Outcome {
    let progress = self.progress
    if isTooLarge {
      return .failure(
        TransportError(.tooLarge, progress, "\"\(exchange.request.host)\" answered more than \(limit) bytes"))
    }
    guard code == CURLE_OK else { return .failure(.curl(code, progress, host: exchange.request.host)) }
    var status = 0
    _ = harecon_curl_get_long(handle, CURLINFO_RESPONSE_CODE, &status)
    return .success(HTTPResponse(status: status, headers: head.headers, body: body))
  }

  // MARK: Set-up

  private func setUp(_ settings: TransportSettings, _ share: SharedCaches, waitsForConnection: Bool) -> Bool {
    let request = exchange.request
    var options = OptionWriter(handle: handle)
    options.set(CURLOPT_NOSIGNAL, 1)
    options.set(CURLOPT_URL, "\(request.scheme)://\(request.host)\(request.target)")
    // Signed as it stands: no dot segments removed, nothing encoded again.
    options.set(CURLOPT_PATH_AS_IS, 1)
    options.set(CURLOPT_REQUEST_TARGET, request.target)
    options.set(CURLOPT_PROTOCOLS_STR, "http,https")
    options.set(CURLOPT_FOLLOWLOCATION, 0)
    options.set(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_2TLS)
    options.set(CURLOPT_PIPEWAIT, waitsForConnection ? 1 : 0)
    options.set(CURLOPT_TCP_KEEPALIVE, 1)
    options.set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
    setTrust(settings, &options)
    setRoute(settings, &options)
    setDeadlines(&options)
    setMethodAndBody(&options)
    setHeaders(&options)
    if let share = share.handle { options.set(CURLOPT_SHARE, share) }
    let context = Unmanaged.passUnretained(self).toOpaque()
    options.set(CURLOPT_WRITEFUNCTION, receiveBody)
    options.set(CURLOPT_WRITEDATA, context)
    options.set(CURLOPT_HEADERFUNCTION, receiveHeader)
    options.set(CURLOPT_HEADERDATA, context)
    return options.isComplete
  }

  private func setTrust(_ settings: TransportSettings, _ options: inout OptionWriter) {
    options.set(CURLOPT_SSL_VERIFYPEER, 1)
    options.set(CURLOPT_SSL_VERIFYHOST, 2)
    options.set(CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2)
    if let file = settings.certificateAuthorities {
      options.set(CURLOPT_CAINFO, file)
      // The bundle replaces the system's authorities; a folder of them would be added to it.
      options.set(CURLOPT_CAPATH, nil)
    }
  }

  private func setRoute(_ settings: TransportSettings, _ options: inout OptionWriter) {
    // Empty strings keep libcurl from reading the environment by itself.
    options.set(CURLOPT_PROXY, exchange.request.scheme == "https" ? settings.proxy ?? "" : "")
    options.set(CURLOPT_NOPROXY, settings.noProxy ?? "")
  }

  private func setDeadlines(_ options: inout OptionWriter) {
    let deadlines = exchange.deadlines
    options.set(CURLOPT_CONNECTTIMEOUT_MS, max(1, deadlines.connect.milliseconds))
    options.set(CURLOPT_TIMEOUT_MS, max(1, deadlines.total.milliseconds))
    options.set(CURLOPT_LOW_SPEED_LIMIT, 1)
    options.set(CURLOPT_LOW_SPEED_TIME, max(1, deadlines.idle.milliseconds / 1000))
  }

  /// libcurl repeats a request by itself when a kept connection dies before the first byte of the answer, although the
  /// server may have acted on it. It cannot do so with a body that it has to ask for and cannot rewind; a changing request
  /// without a body gets a connection of its own, which is never subject to that repetition.
  private func setMethodAndBody(_ options: inout OptionWriter) {
    let request = exchange.request
    let context = Unmanaged.passUnretained(self).toOpaque()
    let isSafe = request.method == "GET" || request.method == "HEAD"
    if request.method == "HEAD" {
      options.set(CURLOPT_NOBODY, 1)
    } else if request.method == "POST" || request.method == "PUT" || !request.body.isEmpty {
      options.set(CURLOPT_POST, 1)
      options.set(CURLOPT_POSTFIELDSIZE_LARGE, offset: request.body.count)
      options.set(CURLOPT_READFUNCTION, readBody)
      options.set(CURLOPT_READDATA, context)
    } else {
      options.set(CURLOPT_HTTPGET, 1)
    }
    options.set(CURLOPT_CUSTOMREQUEST, request.method)
    if !isSafe && request.body.isEmpty { options.set(CURLOPT_FRESH_CONNECT, 1) }
  }

  private func setHeaders(_ options: inout OptionWriter) {
    let request = exchange.request
    // A name with nothing after its colon takes a header of libcurl's own out.
    var lines = ["Expect:", "Accept:", "Content-Type:", "Host: \(request.host)"]
    for header in request.headers {
      let name = header.name.lowercased()
      if name == "host" || name == "content-length" { continue }
      lines.removeAll { $0.lowercased() == name + ":" }
      lines.append(header.value.isEmpty ? "\(header.name);" : "\(header.name): \(header.value)")
    }
    for line in lines {
      guard let longer = curl_slist_append(headerList, line) else {
        options.isComplete = false
        return
      }
      headerList = longer
    }
    if let headerList { options.set(CURLOPT_HTTPHEADER, UnsafeMutableRawPointer(headerList)) }
  }

  // MARK: Callbacks

  fileprivate func received(body bytes: UnsafeRawBufferPointer) -> Int {
    guard body.count + bytes.count <= limit else {
      isTooLarge = true
      return 0
    }
    body.append(contentsOf: bytes)
    return bytes.count
  }

  fileprivate func received(headerLine bytes: UnsafeRawBufferPointer) -> Int {
    head.append(String(decoding: bytes, as: UTF8.self))
    return bytes.count
  }

  fileprivate func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
    let chunk = exchange.request.body[sentBytes...].prefix(buffer.count)
    buffer.copyBytes(from: chunk)
    sentBytes += chunk.count
    return chunk.count
  }
}

private func transfer(_ context: UnsafeMutableRawPointer?) -> Transfer? {
  context.map { Unmanaged<Transfer>.fromOpaque($0).takeUnretainedValue() }
}

private let receiveBody: harecon_curl_data_callback = { bytes, size, count, context in
  guard let transfer = transfer(context) else { return 0 }
  return transfer.received(body: UnsafeRawBufferPointer(start: bytes, count: size * count))
}

private let receiveHeader: harecon_curl_data_callback = { bytes, size, count, context in
  guard let transfer = transfer(context) else { return 0 }
  return transfer.received(headerLine: UnsafeRawBufferPointer(start: bytes, count: size * count))
}

private let readBody: harecon_curl_data_callback = { bytes, size, count, context in
  guard let transfer = transfer(context) else { return Int(CURL_READFUNC_ABORT) }
  return transfer.read(into: UnsafeMutableRawBufferPointer(start: bytes, count: size * count))
}
