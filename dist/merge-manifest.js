require('./index.js').runAction('merge-manifest')
