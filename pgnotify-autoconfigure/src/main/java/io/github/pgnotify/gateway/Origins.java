package io.github.pgnotify.gateway;

import java.net.URI;
import java.util.Set;

import jakarta.servlet.http.HttpServletRequest;
import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpHeaders;
import org.springframework.http.server.ServletServerHttpRequest;
import org.springframework.web.util.WebUtils;

/**
 * From which web pages one may connect. A browser says which page it is, sends its
 * cookies along whichever it is, and does not ask before it opens a WebSocket.
 */
final class Origins {

	private static final int FORBIDDEN = 403;

	private static final String BEARER = "Bearer ";

	private final Set<String> allowed;

	private final boolean cookies;

	Origins(Set<String> allowed, boolean cookies) {
		this.allowed = allowed;
		this.cookies = cookies;
	}

	/**
	 * Lets a request pass or not.
	 * @return the origin, if it is another one than ours; {@code null} otherwise
	 * @throws Refusal if it may not pass
	 */
	@Nullable String check(HttpServletRequest request, boolean webSocket) {
		String origin = request.getHeader(HttpHeaders.ORIGIN);
		if (origin == null) {
			if (this.cookies && hasCookies(request) && (webSocket || !isOfSameOrigin(request))) {
				throw new Refusal(FORBIDDEN, "a request with cookies needs an origin");
			}
			return null;
		}
		if (WebUtils.isSameOrigin(new ServletServerHttpRequest(request))) {
			return null;
		}
		if (this.allowed.contains(PgGatewaySettings.ANY_ORIGIN) || this.allowed.contains(origin)) {
			return origin;
		}
		throw new Refusal(FORBIDDEN, "this origin is not allowed");
	}

	/**
	 * Whether the principal of a request counts: not if the browser may have sent along,
	 * for any page, who has logged in.
	 */
	boolean trustsPrincipal(HttpServletRequest request) {
		if (!this.cookies && hasCookies(request)) {
			return false;
		}
		String origin = request.getHeader(HttpHeaders.ORIGIN);
		return origin == null || this.allowed.contains(origin) || hasBearerToken(request)
				|| WebUtils.isSameOrigin(new ServletServerHttpRequest(request));
	}

	/** Never sent but by the page itself. */
	private static boolean hasBearerToken(HttpServletRequest request) {
		String authorization = request.getHeader(HttpHeaders.AUTHORIZATION);
		return authorization != null && authorization.regionMatches(true, 0, BEARER, 0, BEARER.length());
	}

	static boolean hasCookies(HttpServletRequest request) {
		return request.getHeader(HttpHeaders.COOKIE) != null;
	}

	/**
	 * A browser names no origin when it asks for an event stream of the same one.
	 */
	private static boolean isOfSameOrigin(HttpServletRequest request) {
		String site = request.getHeader("Sec-Fetch-Site");
		if (site != null) {
			return site.equals("same-origin");
		}
		String referer = request.getHeader(HttpHeaders.REFERER);
		try {
			URI page = URI.create((referer != null) ? referer : "");
			URI here = URI.create(request.getRequestURL().toString());
			return page.getScheme() != null && page.getScheme().equals(here.getScheme())
					&& page.getAuthority().equalsIgnoreCase(here.getAuthority());
		}
		catch (RuntimeException ex) {
			return false;
		}
	}

}
