package io.github.pgnotify.sample;

import org.apache.tomcat.util.buf.EncodedSolidusHandling;

import org.springframework.boot.tomcat.servlet.TomcatServletWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * Lets any channel be named in a path. Tomcat refuses encoded slashes, for the sake of
 * applications that mistake them for real ones; here the segment is decoded after the
 * path was taken apart.
 */
@Configuration(proxyBeanMethods = false)
class ChannelPathConfiguration {

	@Bean
	WebServerFactoryCustomizer<TomcatServletWebServerFactory> encodedSlashesInPaths() {
		String handling = EncodedSolidusHandling.PASS_THROUGH.getValue();
		return (factory) -> factory.addConnectorCustomizers((connector) -> {
			connector.setEncodedSolidusHandling(handling);
			connector.setEncodedReverseSolidusHandling(handling);
		});
	}

}
