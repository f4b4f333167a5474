// SPDX-License-Identifier: Apache-2.0
//
// Variadic functions do not reach Swift: each option type in use has a wrapper here.
#pragma once
#include <curl/curl.h>

static inline CURLcode harecon_curl_set_long(CURL *handle, CURLoption option, long value) {
  return curl_easy_setopt(handle, option, value);
}
static inline CURLcode harecon_curl_set_string(CURL *handle, CURLoption option, const char *value) {
  return curl_easy_setopt(handle, option, value);
}
static inline CURLcode harecon_curl_set_pointer(CURL *handle, CURLoption option, void *value) {
  return curl_easy_setopt(handle, option, value);
}
