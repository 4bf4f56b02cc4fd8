package io.github.pgnotify.benchmarks.report;

import java.util.List;
import java.util.Locale;

/**
 * Horizontal bars as SVG.
 *
 * @param title what is shown, with its unit
 * @param bars the bars, from above
 */
record BarChart(String title, List<Bar> bars) {

	private static final int WIDTH = 700;

	private static final int LABEL = 310;

	private static final int VALUE = 70;

	private static final int HEAD = 44;

	private static final int ROW = 24;

	/**
	 * Returns one document with several charts beside each other.
	 */
	static String sideBySide(List<BarChart> charts) {
		int height = charts.stream().mapToInt((chart) -> HEAD + ROW * chart.bars.size()).max().orElse(0) + 10;
		StringBuilder svg = new StringBuilder(
				"""
						<svg xmlns="http://www.w3.org/2000/svg" width="%1$d" height="%2$d" viewBox="0 0 %1$d %2$d" font-family="sans-serif" font-size="12">
						<rect width="100%%" height="100%%" fill="white"/>
						"""
					.formatted(WIDTH * charts.size(), height));
		for (int i = 0; i < charts.size(); i++) {
			svg.append("<g transform=\"translate(%d,0)\">\n".formatted(WIDTH * i));
			charts.get(i).draw(svg);
			svg.append("</g>\n");
		}
		return svg.append("</svg>\n").toString();
	}

	private void draw(StringBuilder svg) {
		double max = this.bars.stream().mapToDouble(Bar::value).max().orElse(1);
		svg.append("<text x=\"12\" y=\"24\" font-size=\"15\" font-weight=\"bold\">%s</text>\n"
			.formatted(escaped(this.title)));
		int y = HEAD;
		for (Bar bar : this.bars) {
			double width = (WIDTH - LABEL - VALUE) * bar.value() / max;
			svg.append(String.format(Locale.ROOT, """
					<text x="%d" y="%d" text-anchor="end">%s</text>
					<rect x="%d" y="%d" width="%.1f" height="16" fill="%s"/>
					<text x="%.1f" y="%d">%s</text>
					""", LABEL - 6, y + 12, escaped(bar.label()), LABEL, y, Math.max(1, width),
					bar.ours() ? "#336791" : "#b0b8c0", LABEL + width + 5, y + 12, Numbers.text(bar.value())));
			y += ROW;
		}
	}

	private static String escaped(String text) {
		return text.replace("&", "&amp;").replace("<", "&lt;");
	}

	/**
	 * A bar.
	 *
	 * @param label whose
	 * @param value how long
	 * @param ours whether it is to stand out
	 */
	record Bar(String label, double value, boolean ours) {

	}

}
