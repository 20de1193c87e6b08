require('./index.js').runAction('report')
