package io.github.pgnotify.gateway;

import java.security.Principal;
import java.time.Instant;

import org.jspecify.annotations.Nullable;

import org.springframework.security.core.Authentication;
import org.springframework.security.oauth2.core.AbstractOAuth2Token;
import org.springframework.util.ClassUtils;

/**
 * When the token of a principal expires, where Spring Security is and has seen one.
 */
final class TokenExpiry {

	private static final boolean PRESENT = ClassUtils
		.isPresent("org.springframework.security.oauth2.core.AbstractOAuth2Token", TokenExpiry.class.getClassLoader());

	private TokenExpiry() {
	}

	/**
	 * Returns when it expires.
	 * @return {@code null} if it never does, or there is no token
	 */
	static @Nullable Instant of(@Nullable Principal principal) {
		return PRESENT ? Tokens.expiry(principal) : null;
	}

	/** Loaded only where Spring Security is. */
	private static final class Tokens {

		static @Nullable Instant expiry(@Nullable Principal principal) {
			return (principal instanceof Authentication authentication
					&& authentication.getCredentials() instanceof AbstractOAuth2Token token) ? token.getExpiresAt()
							: null;
		}

	}

}
