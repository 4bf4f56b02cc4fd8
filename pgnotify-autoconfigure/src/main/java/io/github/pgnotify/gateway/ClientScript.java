package io.github.pgnotify.gateway;

import java.io.IOException;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

import org.springframework.core.io.ClassPathResource;
import org.springframework.http.HttpHeaders;
import org.springframework.util.DigestUtils;

/**
 * The client for browsers, served beside the channels: {@code /subscribe.js}.
 */
final class ClientScript {

	static final String SUFFIX = ".js";

	private static final byte[] SCRIPT = load();

	private static final String ETAG = '"' + DigestUtils.md5DigestAsHex(SCRIPT) + '"';

	private ClientScript() {
	}

	static void send(HttpServletRequest request, HttpServletResponse response) throws IOException {
		response.setHeader(HttpHeaders.CACHE_CONTROL, "no-cache");
		response.setHeader(HttpHeaders.ETAG, ETAG);
		if (ETAG.equals(request.getHeader(HttpHeaders.IF_NONE_MATCH))) {
			response.setStatus(HttpServletResponse.SC_NOT_MODIFIED);
			return;
		}
		response.setContentType("text/javascript;charset=UTF-8");
		response.setContentLength(SCRIPT.length);
		response.getOutputStream().write(SCRIPT);
	}

	private static byte[] load() {
		try {
			return new ClassPathResource("pgnotify.js", ClientScript.class).getContentAsByteArray();
		}
		catch (IOException ex) {
			throw new IllegalStateException("The client for browsers is missing", ex);
		}
	}

}
